import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { Ended } from '../sample/interaction.ts'
import type { FlaggingError } from '../errors.ts'
import { badRow, isBadRow } from './bad-row.ts'
import type { Draft } from './draft.ts'
import type { FoundValue, LogColumn, Side } from './log-column.ts'
import type { BadSpan } from './log-entry.ts'
import type { ParsedRecord } from './record-parser.ts'
import type { Sample, SampleDetails } from './sample.ts'

/** What the rows of a log share. */
export interface LogPlan {
  /** The name of the log's file. */
  readonly name: string
  /** What it is called in messages: with its folder, if it is an endpoint's. */
  readonly title: string
  /** The endpoint whose folder it lies in. */
  readonly endpoint: string | null
  readonly columns: readonly LogColumn[]
  /** What was asked for and has no column. */
  readonly absent: readonly (readonly [Side, string])[]
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Where something stands in a log: the end is the offset behind it. */
type Place = Pick<BadSpan, 'start' | 'end'>

/** A sample in the making. */
interface Parts extends Writable<Omit<Sample, 'inputs' | 'outputs' | 'details'>> {
  readonly inputs: Record<string, FlagValue>
  readonly outputs: Record<string, FlagValue>
  readonly details: Writable<Omit<SampleDetails, 'missing'>> & { readonly missing: string[] }
}

/** One row of a log, of which the form is right. */
export class RowDraft implements Draft {
  readonly #plan: LogPlan
  readonly #record: ParsedRecord
  readonly #n: number

  /** @param n the position of the row in its dataset */
  constructor(plan: LogPlan, record: ParsedRecord, n: number) {
    this.#plan = plan
    this.#record = record
    this.#n = n
  }

  get isCertain(): boolean {
    // Only a cell that names a file can turn out to be none.
    return !this.#record.cells.some((cell) => cell.includes('/'))
  }

  read(): Sample | Promise<Sample> {
    try {
      const sample = this.#read()
      return sample instanceof Promise
        ? sample.catch((error) => Promise.reject(this.#placed(error)))
        : sample
    } catch (error) {
      throw this.#placed(error)
    }
  }

  #placed(error: unknown): unknown {
    return isBadRow(error) ? placed(this.#plan, this.#n, this.#record, error.message) : error
  }

  #read(): Sample | Promise<Sample> {
    const { name, endpoint, columns, absent } = this.#plan
    const sample: Parts = {
      n: this.#n,
      inputs: {},
      outputs: {},
      option: null,
      username: null,
      endpoint,
      details: { log: name, missing: [] },
    }
    const lookups: Promise<readonly [LogColumn, FoundValue]>[] = []
    for (const [index, column] of columns.entries()) {
      if (column.part === undefined) continue
      const value = column.read(this.#record.cells[index] ?? '')
      if (value instanceof Promise) lookups.push(value.then((found) => [column, found]))
      // What is looked up gets its place among the others at once.
      put(sample, column, value instanceof Promise ? null : value)
    }
    for (const [side, label] of absent) setOwn(sample[side], label, null)
    return lookups.length === 0 ? sample : settled(sample, lookups)
  }
}

/** What stands in a log in the place of a row and is none. */
export class BadDraft implements Draft {
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

  read(): Sample {
    throw placed(this.#plan, this.#n, this.#span, this.#span.why)
  }
}

function placed({ title }: LogPlan, n: number, { start, end }: Place, why: string): FlaggingError {
  return badRow(`${title}, row ${n} at bytes ${start} to ${end - 1}: ${why}`)
}

async function settled(
  sample: Parts,
  lookups: readonly Promise<readonly [LogColumn, FoundValue]>[],
): Promise<Sample> {
  for (const [column, { value, missing }] of await Promise.all(lookups)) {
    put(sample, column, value)
    if (missing) sample.details.missing.push(column.label)
  }
  return sample
}

function put(sample: Parts, { part, label }: LogColumn, value: FlagValue): void {
  if (part === 'details') putDetail(sample, label, value as JSONValue)
  else if (part !== undefined) setOwn(sample[part], label, value)
}

function putDetail(sample: Parts, name: string, value: JSONValue): void {
  const { details } = sample
  const text = typeof value === 'string' ? value : null
  const count = typeof value === 'number' ? value : null
  if (name === 'flag_option') sample.option = text
  else if (name === 'username') sample.username = text
  else if (name === 'endpoint') sample.endpoint = text ?? sample.endpoint
  else if (name === 'comment' || name === 'timestamp' || name === 'id') details[name] = text
  else if (name === 'status' || name === 'duration') details[name] = count
  else if (name === 'correction') details.correction = value
  else if (name === 'truncated') details.truncated = typeof value === 'boolean' ? value : null
  else if (name === 'ended') details.ended = isEnded(text) ? text : null
}

function isEnded(text: string | null): text is Ended {
  return text === 'complete' || text === 'aborted' || text === 'error'
}

/** Sets a property of a plain object, also one that is called `__proto__`. */
export function setOwn(record: Record<string, FlagValue>, label: string, value: FlagValue): void {
  if (label === '__proto__') {
    const own = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(record, label, own)
  } else record[label] = value
}
