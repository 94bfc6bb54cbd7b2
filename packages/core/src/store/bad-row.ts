import { FlaggingError } from '../errors.ts'

/** The error of a row that is left out; `why` never quotes what the row holds. */
export function badRow(why: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_ROW', why)
}

/** Whether an error says that a row is left out. */
export function isBadRow(error: unknown): error is FlaggingError {
  return error instanceof FlaggingError && error.code === 'ERR_FLAGGING_BAD_ROW'
}
