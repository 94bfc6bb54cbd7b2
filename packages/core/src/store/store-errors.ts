import { FlaggingError } from '../errors.ts'
import { isBadRow } from './bad-row.ts'
import { errnoOf } from './disk.ts'

/** An append that failed, and whether its rows are gone for good. */
export class AppendError extends Error {
  readonly cut: boolean

  constructor(cause: unknown, cut: boolean) {
    super('Rows could not be appended', { cause })
    this.cut = cut
  }
}

/** What a log is refused with that is no regular file. */
export function notAFile(name: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${name} is no regular file: move it away, or store samples in another directory`,
  )
}

const changes = new WeakSet<object>()

/** What is said of a log that somebody else had their hands on. */
export function changed(name: string, during: 'read' | 'written'): FlaggingError {
  const error = new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${name} was replaced, cut or removed while it was ${during}`,
  )
  changes.add(error)
  return error
}

/** Whether a log could not be opened because there is another one in its place, or none. */
export function isChange(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || (error instanceof FlaggingError && changes.has(error))
}

/** Tells where the end of a log was put that was no whole row. */
export function tornRow(name: string, bytes: number, keptAs: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_TORN_ROW',
    `${bytes} bytes of an unfinished row at the end of ${name} were moved to .flagging/${keptAs}`,
  )
}

/** What a flag is rejected with, whatever failed below it. */
export function storeError(cause: unknown): FlaggingError {
  if (cause instanceof FlaggingError) return cause
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `A sample could not be stored (${errnoOf(cause) ?? 'see the cause'}); the next one is tried anew`,
    { cause },
  )
}

/** What flags are rejected with while somebody removes the dataset as often as it is made. */
export function removed(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_STORE', 'The dataset is removed again and again')
}

/** What a deletion is rejected with, whatever failed below it. */
export function removalError(cause: unknown, log = 'a dataset'): FlaggingError {
  if (cause instanceof FlaggingError && !isBadRow(cause)) return cause
  const why = isBadRow(cause) ? cause.message : (errnoOf(cause) ?? 'see the cause')
  const message = `Samples of ${log} could not be deleted (${why}): nothing was changed`
  return new FlaggingError('ERR_FLAGGING_STORE', message, { cause })
}

/** What a deletion is rejected with that may be undone by a power failure. */
export function unsettled(cause: unknown, log: string): FlaggingError {
  const message =
    `Samples of ${log} were deleted, but may be there again after a power failure ` +
    `(${errnoOf(cause) ?? 'see the cause'}): delete them once more`
  return new FlaggingError('ERR_FLAGGING_STORE', message, { cause })
}

/** What a deletion is refused with where what stays would be taken for something else. */
export function unsound(log: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${log} is damaged beside the rows that are to be deleted: run \`flagging repair --rows\` first`,
  )
}

/** What a deletion is rejected with while somebody replaces the log as often as it is copied. */
export function replaced(log: string): FlaggingError {
  const message = `${log} is replaced again and again: try again later`
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}

/** What keys are refused with that name no row that could be deleted here. */
export function noRowKey(log?: string): FlaggingError {
  const what =
    log === undefined
      ? 'A row is named by the log that it is in, its offset and its hash'
      : `${JSON.stringify(log)} is no log of CSVLogger: its rows cannot be deleted here`
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', what)
}
