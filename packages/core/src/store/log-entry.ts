import type { ParsedRecord } from './record-parser.ts'

/** A part of a log that is no row: one record, or several lines of which none can be trusted. */
export class BadSpan {
  /** The offset of its first byte. */
  readonly start: number
  /** The offset behind its last byte. */
  readonly end: number
  /** Why it is left out. */
  readonly why: string

  constructor(start: number, end: number, why: string) {
    this.start = start
    this.end = end
    this.why = why
  }
}

/** What a log is read as: rows whose form is right, and what lies between them. */
export type LogEntry = ParsedRecord | BadSpan

/** What is known of the rows of a log before they are read. */
export interface RowForm {
  /** How many cells each has. */
  readonly width: number
  /** The longest cell that its writer makes, in characters. */
  readonly maxCell: number
}

/** What is wrong with the form of a record; `undefined` if nothing is. */
export function problemOf(record: ParsedRecord, width: number): string | undefined {
  const { cells, terminated, isOneLine, quoting, isUTF8 } = record
  if (!terminated) return cells.length === 0 ? TOO_LONG : UNFINISHED
  if (cells.length === 0) return TOO_LONG
  if (cells.some(hasNUL)) return HOLE
  if (cells.length !== width) return `its number of cells is ${cells.length}, not ${width}`
  // On one line it is what somebody typed; over several, rows may have been joined.
  if (quoting !== 'strict' && !isOneLine) return OPEN_QUOTE
  return isUTF8 ? undefined : NOT_UTF8
}

/** Whether a record is an empty line. */
export function isEmptyLine({ cells }: ParsedRecord): boolean {
  return cells.length === 1 && cells[0] === ''
}

/** Why the end of a log is left out. */
export const UNFINISHED = 'it is unfinished: it is being written, or its writer has died'
/** Why a row is left out that has lost bytes: none of ours has a NUL. */
export const HOLE = 'it has a hole of NUL bytes'
/** Why a row is left out that somebody saved in another encoding. */
export const NOT_UTF8 = 'it is not in UTF-8: save the file in UTF-8'
/** Why lines are left out of which none can be trusted. */
export const OPEN_QUOTE = 'a quote in it is left open, or is one too many'

/** Why a record is left out that no writer makes. */
export const TOO_LONG = 'it is too long'

function hasNUL(cell: string): boolean {
  return cell.includes('\0')
}
