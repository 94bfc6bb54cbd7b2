import type { FlagValue } from '../sample/flag-value.ts'
import { badRow, isBadRow } from './bad-row.ts'
import type { LogDraft, Place } from './log-draft.ts'
import type { BadSpan } from './log-entry.ts'
import type { ParsedRecord } from './record-parser.ts'
import { type ColumnValue, SampleForm, type SampleFrame } from './sample-form.ts'
import type { Sample } from './sample.ts'

/** What the rows of a log share. */
export interface LogPlan extends SampleFrame {
  /** What it is called in messages: with its folder, if it is an endpoint's. */
  readonly title: string
  readonly form: SampleForm
}

/** How the rows of a log are read that is called `title` in messages. */
export function logPlan(title: string, frame: SampleFrame): LogPlan {
  return { ...frame, title, form: new SampleForm(frame) }
}

/** One row of a log, of which the form is right. */
export class RowDraft implements LogDraft {
  readonly problem = undefined
  readonly #plan: LogPlan
  readonly #record: ParsedRecord
  readonly #n: number

  /** @param n the position of the row in its dataset */
  constructor(plan: LogPlan, record: ParsedRecord, n: number) {
    this.#plan = plan
    this.#record = record
    this.#n = n
  }

  get place(): Place {
    return this.#record
  }

  cell(column: number): string {
    return this.#record.cells[column] ?? ''
  }

  get isCertain(): boolean {
    // Only a cell that names a file can turn out to be none.
    return !this.#record.cells.some((cell) => cell.includes('/'))
  }

  read(): Sample | Promise<Sample> {
    const { form, columns } = this.#plan
    try {
      const values = columns.map(({ part, read }, index): ColumnValue => {
        return part === undefined ? null : read(this.#record.cells[index] ?? '')
      })
      if (!values.some((value) => value instanceof Promise)) {
        return form.make(this.#n, values as FlagValue[])
      }
      return form.settle(this.#n, values).catch((error) => Promise.reject(this.#placed(error)))
    } catch (error) {
      throw this.#placed(error)
    }
  }

  #placed(error: unknown): unknown {
    return placed(error, this.#plan, this.#n, this.#record)
  }
}

/** What stands in a log in the place of a row and is none. */
export class BadDraft implements LogDraft {
  readonly #plan: LogPlan
  readonly #span: BadSpan
  readonly #n: number
  readonly isCertain = false

  /** @param n the position of the row that it counts as */
  constructor(plan: LogPlan, span: BadSpan, n: number) {
    this.#plan = plan
    this.#span = span
    this.#n = n
  }

  get place(): Place {
    return this.#span
  }

  get problem(): string {
    return this.#span.why
  }

  cell(): string {
    return ''
  }

  read(): Sample {
    throw placed(badRow(this.#span.why), this.#plan, this.#n, this.#span)
  }
}

/** An error in a row, told with its place if it says that the row is left out. */
export function placed(error: unknown, { title }: LogPlan, n: number, place: Place): unknown {
  if (!isBadRow(error)) return error
  return badRow(`${title}, row ${n} at bytes ${place.start} to ${place.end - 1}: ${error.message}`)
}
