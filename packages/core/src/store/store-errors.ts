import { FlaggingError } from '../errors.ts'
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
