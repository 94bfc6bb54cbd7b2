import { bareValue } from './bare-cell.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { LogSource } from './log-bytes.ts'
import type { LogColumn } from './log-column.ts'
import type { LogDraft, LogDrafts, Place } from './log-draft.ts'
import { type LogPlan, placed } from './row-draft.ts'
import { RowScanner } from './row-scanner.ts'
import type { ColumnValue } from './sample-form.ts'
import type { Sample } from './sample.ts'
import { TextPieces } from './text-pieces.ts'

/** Where the rows of a dataset are counted. */
export interface RowCount {
  /** The position of the next row. */
  next: number
}

/**
 * Reads the rows of a log that are as their writer made them, as long as there are no others. What it
 * gives is what careful reading gives; where that could be otherwise, it stops.
 */
export class QuickReader implements LogDrafts, LogDraft {
  readonly problem = undefined
  readonly #plan: LogPlan
  readonly #count: RowCount
  readonly #pieces: TextPieces
  readonly #scanner: RowScanner
  readonly #values: ColumnValue[]
  #n = 0
  #isOver = false

  /** @param from the offset of a row that is not the first line of the file */
  constructor(bytes: LogSource, plan: LogPlan, from: number, count: RowCount) {
    this.#plan = plan
    this.#count = count
    this.#pieces = new TextPieces(bytes, from)
    this.#scanner = new RowScanner(plan.columns.length)
    this.#values = plan.columns.map(() => null)
  }

  /** The offset behind the last row that was taken. */
  get at(): number {
    return this.#pieces.offsetOf(this.#scanner.at)
  }

  get place(): Place {
    const start = this.#pieces.offsetOf(this.#scanner.start)
    return { start, end: this.at }
  }

  cell(column: number): string {
    return this.#scanner.cell(column)
  }

  /** Brings more rows into memory; false where there are none, or something else. */
  async fill(): Promise<boolean> {
    if (this.#isOver) return false
    const text = await this.#pieces.next(this.#scanner.at)
    this.#isOver = text === undefined
    this.#scanner.reset(text ?? '')
    return !this.#isOver
  }

  next(): LogDraft | undefined {
    const found = this.#scanner.next()
    this.#isOver ||= found === 'odd'
    if (found !== 'row') return undefined
    this.#n = this.#count.next++
    return this
  }

  get isCertain(): boolean {
    return !this.#scanner.hasSlash
  }

  read(): Sample | Promise<Sample> {
    const { columns, form } = this.#plan
    const values = this.#values
    let isSettled = true
    for (let at = 0; at < values.length; at++) {
      const column = columns[at] as LogColumn
      const value = this.#valueOf(column, at)
      if (value instanceof Promise) isSettled = false
      values[at] = value
    }
    if (isSettled) return form.make(this.#n, values as FlagValue[])
    const [n, place] = [this.#n, this.place]
    return form.settle(n, [...values]).catch((error) => {
      throw placed(error, this.#plan, n, place)
    })
  }

  #valueOf({ part, mode, read }: LogColumn, at: number): ColumnValue {
    if (part === undefined) return null
    const scanner = this.#scanner
    if (mode !== undefined && scanner.quotes[at] === 0 && !scanner.hasSlashIn(at)) {
      const from = scanner.starts[at] as number
      const value = bareValue(scanner.text, from, scanner.ends[at] as number, mode)
      if (value !== undefined) return value
    }
    return read(scanner.cell(at))
  }
}
