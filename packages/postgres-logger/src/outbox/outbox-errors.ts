import { FlaggingError } from '@flagging/core'
import { errnoOf } from '@flagging/core/store'

/** What a flag is refused with once the outbox is closed. */
export function outboxClosed(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_CLOSED', 'This PostgresLogger is closed: make another')
}

/** What flags are refused with while the outbox is full. */
export function outboxFull(used: number, maxBytes: number): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_DISK_FULL',
    `The outbox holds ${used} of ${maxBytes} bytes that still have to reach PostgreSQL: flags are ` +
      'refused until there is room. See why they do not, or raise `outbox.maxBytes`',
  )
}

/** What is told where the outbox fills up. */
export function outboxFilling(used: number, maxBytes: number): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_DISK_FULL',
    `The outbox holds ${used} of ${maxBytes} bytes that still have to reach PostgreSQL: when it is ` +
      'full, flags are refused',
  )
}

/** What is told when it no longer does. */
export function outboxDraining(used: number, maxBytes: number): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_DISK_FULL',
    `The outbox holds ${used} of ${maxBytes} bytes: there is room again`,
  )
}

/** What is said where files cannot be locked. */
export function noLock(cause: unknown): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_LOCK',
    'The outbox needs a local disk whose files can be locked, and the package fs-native-extensions ' +
      'for this platform: name another `outbox.dir`, or use `direct: true`',
    { cause },
  )
}

/** What a flag is refused with where the outbox cannot be written, or a report of what cannot be read. */
export function outboxError(dir: string, what: string, cause: unknown): FlaggingError {
  if (cause instanceof FlaggingError) return cause
  const why = errnoOf(cause) ?? 'see the cause'
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `The outbox ${dir} ${what} (${why}): name a directory on a local disk that this process may ` +
      'read and write in `outbox.dir`',
    { cause },
  )
}

/** What is told, once, when samples do not reach the database any longer. */
export function shippingFails(waiting: number, cause: unknown): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${samples(waiting)} wait in the outbox, and are sent again and again: ${messageOf(cause)}`,
    { cause },
  )
}

/** What is told of a sample that is set aside. */
export function sampleRefused(id: string, dir: string, cause: unknown): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `The sample ${id} was refused and is set aside in ${dir}; to have it sent again, move what is in ` +
      `there into the outbox: ${messageOf(cause)}`,
    { cause },
  )
}

/** What is told where rows of a segment are gone or damaged. */
export function damagedSegment(dir: string, keptAs: string | undefined): FlaggingError {
  const where =
    keptAs === undefined ? 'it was deleted or cut by somebody' : `it was moved to ${keptAs}`
  const message = `Acknowledged samples in ${dir} cannot be read: ${where}`
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}

/** What is told of a row that holds no sample. The cause may quote it. */
export function badNote(dir: string, cause: unknown): FlaggingError {
  const message = `A row in ${dir} cannot be read`
  return new FlaggingError('ERR_FLAGGING_BAD_ROW', message, { cause })
}

/** What is told where a sample is stored without a file that somebody deleted. */
export function filesGone(dir: string): FlaggingError {
  const message = `Files of an acknowledged sample in ${dir} were deleted by somebody`
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}

/** What is told of samples that nobody sends. */
export function foreignSamples(dir: string, destination: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${dir} holds samples of a process that has died, for another database (${destination}): if they ` +
      'are to go to this one, delete the file `lock` in there',
  )
}

/** What is told of the unfinished row of a process that died. */
export function tornRow(bytes: number, keptAs: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_TORN_ROW',
    `${bytes} bytes of an unfinished row in the outbox of a process that died were moved to ${keptAs}`,
  )
}

/** What is said where something waits for the outbox and the time is over. */
export function notShipped(waiting: number, cause: unknown): FlaggingError {
  const why = cause === undefined ? '' : `: ${messageOf(cause)}`
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${samples(waiting)} in the outbox did not reach PostgreSQL in time; try again later${why}`,
    cause === undefined ? {} : { cause },
  )
}

function samples(count: number): string {
  return count === 1 ? '1 sample' : `${count} samples`
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
