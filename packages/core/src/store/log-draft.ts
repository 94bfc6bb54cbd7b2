import type { Draft, Drafts } from './draft.ts'
import type { BadSpan } from './log-entry.ts'

/** Where something stands in a log: the end is the offset behind it. */
export type Place = Pick<BadSpan, 'start' | 'end'>

/** A row of a log that is still to be read, or what stands in the place of one. */
export interface LogDraft extends Draft {
  readonly place: Place
  /** Why it is no row that can be read; `undefined` where it has the form of one. */
  readonly problem: string | undefined
  /** The text of a cell, unquoted and as it stands in the log; empty where there is no row. */
  cell(column: number): string
}

/** Rows of a log that lie in memory. */
export interface LogDrafts extends Drafts {
  next(): LogDraft | undefined
}
