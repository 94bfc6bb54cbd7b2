import type { LogSource } from './log-bytes.ts'
import {
  BadSpan,
  NOT_UTF8,
  type LogEntry,
  OPEN_QUOTE,
  type RowForm,
  TOO_LONG,
  UNFINISHED,
  isEmptyLine,
  problemOf,
} from './log-entry.ts'
import { RecordWindow, type WindowRecord, decoded } from './record-window.ts'
import { MAX_TORN } from './torn-tail.ts'

/** Bytes that may be looked at again whatever the file. */
const ALLOWANCE = 16 * 1024 * 1024
/** How often the bytes of a broken part may be looked at again beyond that, all in all. */
const PATIENCE = 4
/** Bytes without a fault after which a log is read at full speed again. */
const CALM = 1024 * 1024
/** Bytes behind a record in which it shows that it ended inside a text: more than a cell has. */
const AHEAD = 512 * 1024

/**
 * Reads the part of a log around a fault. Where a record shows that a quote before it was left open,
 * only its first line is given up, and each line after it is tried as the start of a row, until the
 * rows are right again. But no line comes out as a row that may be a line of somebody's text:
 * - a record of several lines that is wrong otherwise is left out as one, if what follows is right;
 * - what one torn write can have left at the end is no rows, whatever its lines look like;
 * - where a row is one cell, any line would be one, and none is tried but the last.
 *
 * Lines that were given up and touch each other are one span.
 */
export class CarefulReader {
  readonly #bytes: LogSource
  readonly #window: RecordWindow
  /** For looks at what follows. */
  readonly #ahead: RecordWindow
  readonly #form: RowForm
  #at: number
  #entries: LogEntry[] = []
  /** Up to where the broken part goes: before it, what is loose is no row. */
  #brokenTo = -1
  /** Bytes that may still be looked at again. */
  #budget = ALLOWANCE
  /** Up to where all records were looked at and none was loose. */
  #soundTo = -1
  #calmFrom: number
  #isDone = false

  /** @param at the offset of the record at fault */
  constructor(bytes: LogSource, form: RowForm, at: number) {
    this.#bytes = bytes
    this.#window = new RecordWindow(bytes)
    this.#ahead = new RecordWindow(bytes)
    this.#form = form
    this.#at = this.#calmFrom = at
  }

  /** Where the log goes on, once {@link read} has ended. */
  get at(): number {
    return this.#at
  }

  /** Reads on until nothing has been wrong for a while. */
  async *read(): AsyncGenerator<LogEntry[]> {
    while (!this.#isDone && this.#at - this.#calmFrom < CALM) {
      const record = this.#window.peek(this.#at)
      if (record !== undefined) {
        const taking = this.#take(record)
        if (taking !== undefined) await taking
        continue
      }
      // The last span may still grow.
      const open = this.#entries.at(-1) instanceof BadSpan ? this.#entries.splice(-1) : []
      if (this.#entries.length > 0) yield this.#entries
      this.#entries = open
      if (!(await this.#window.fill(this.#at))) break
    }
    yield this.#entries
  }

  #take(record: WindowRecord): Promise<void> | void {
    const { end, terminated, isOneLine, quoting } = record
    if (isEmptyLine(record)) return this.#takeEmptyLine(record)
    const why = problemOf(record, this.#form.width)
    if (why === undefined && (quoting === 'strict' || this.#at >= this.#brokenTo)) {
      const row = decoded(record)
      if (!row.isUTF8) return this.#leaveOut(record, NOT_UTF8)
      this.#entries.push(row)
      this.#at = end
    } else if (!terminated) return this.#takeUnfinished(record)
    else if (isOneLine) this.#leaveOut(record, why)
    else if (quoting === 'broken') this.#goBack(record)
    else return this.#judge(record, why)
  }

  #takeEmptyLine({ start, end }: WindowRecord): void {
    const last = this.#entries.at(-1)
    if (last instanceof BadSpan && last.end === start) this.#extend(last, end)
    this.#at = end
  }

  async #takeLongLine({ start, end }: WindowRecord): Promise<void> {
    this.#at = await this.#window.skipLine(end)
    this.#bad(start, this.#at, TOO_LONG)
  }

  #takeUnfinished(record: WindowRecord): Promise<void> | void {
    const isTooLong = record.cells.length === 0
    if (record.isOneLine && isTooLong) return this.#takeLongLine(record)
    if (!record.isOneLine && this.#form.width > 1 && (isTooLong || !this.#isTorn(record))) {
      return this.#goBack(record)
    }
    this.#at = Math.max(record.end, this.#bytes.end)
    this.#bad(record.start, this.#at, isTooLong ? TOO_LONG : UNFINISHED)
    this.#isDone = true
  }

  /** Whether an unfinished record can be a row that was being written. */
  #isTorn({ start, cells, quoting }: WindowRecord): boolean {
    const { width, maxCell } = this.#form
    if (start < this.#bytes.end - MAX_TORN) return false
    // A log ends at a hole, which no edit leaves.
    if (cells.at(-1)?.endsWith('\0') === true) return true
    return (
      cells.length <= width &&
      quoting === 'strict' &&
      cells.every((cell) => cell.length <= maxCell || isWithin(cell, maxCell))
    )
  }

  /** A record of several lines that can be what it seems: what follows tells whether it is. */
  async #judge(record: WindowRecord, why: string | undefined): Promise<void> {
    if (await this.#isSoundFrom(record.end)) this.#leaveOut(record, why)
    else this.#goBack(record)
  }

  #leaveOut({ start, end }: WindowRecord, why = OPEN_QUOTE): void {
    this.#bad(start, end, why)
    this.#at = end
  }

  /** Gives up the first line of what cannot be right, and goes on behind it. */
  #goBack({ start, end, second, last }: WindowRecord): void {
    const fresh = end - Math.max(start, this.#brokenTo)
    if (fresh > 0) this.#budget += PATIENCE * fresh
    this.#brokenTo = Math.max(this.#brokenTo, end)
    this.#budget -= end - start
    this.#soundTo = -1
    const next = this.#form.width === 1 ? last : second
    // A file that wants more is no log with a few faults, and time is bounded.
    this.#at = this.#budget < 0 ? this.#brokenTo : next
    this.#bad(start, this.#at, OPEN_QUOTE)
  }

  #bad(start: number, end: number, why: string): void {
    const last = this.#entries.at(-1)
    this.#calmFrom = end
    if (last instanceof BadSpan && last.end === start && start < this.#brokenTo) {
      this.#extend(last, end)
    } else this.#entries.push(new BadSpan(start, end, why))
  }

  #extend(last: BadSpan, end: number): void {
    this.#entries[this.#entries.length - 1] = new BadSpan(last.start, end, last.why)
  }

  /** Whether no record behind an offset shows that it starts inside a text. */
  async #isSoundFrom(from: number): Promise<boolean> {
    // Without the time to look, nothing is taken apart.
    for (let at = Math.max(from, this.#soundTo); at < from + AHEAD && this.#budget > 0;) {
      const record = this.#ahead.peek(at)
      if (record !== undefined) {
        this.#budget -= record.end - at
        if (record.quoting !== 'strict') return false
        this.#soundTo = at = record.end
      } else if (!(await this.#ahead.fill(at))) break
    }
    return true
  }
}

/** Whether a cell has no more characters than these: in a window it has as many as bytes. */
function isWithin(cell: string, max: number): boolean {
  // Bytes of a character that was cut are a few of their own.
  return Buffer.from(cell, 'latin1').toString().length <= max + 3
}
