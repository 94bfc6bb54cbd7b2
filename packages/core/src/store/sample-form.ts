import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { Ended } from '../sample/interaction.ts'
import type { FoundValue, LogColumn, Side } from './log-column.ts'
import type { Sample, SampleDetails } from './sample.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Values = Record<string, FlagValue>

/** What a column says in one row, or the promise of it where the disk must be asked. */
export type ColumnValue = FlagValue | Promise<FoundValue>

/** A sample in the making. */
interface Parts extends Writable<Omit<Sample, 'inputs' | 'outputs' | 'details'>> {
  readonly inputs: Values
  readonly outputs: Values
  readonly details: Writable<Omit<SampleDetails, 'missing'>> & { readonly missing: string[] }
}

/** What the samples of a log have in common. */
export interface SampleFrame {
  /** The name of the log's file. */
  readonly name: string
  /** The endpoint whose folder it lies in. */
  readonly endpoint: string | null
  readonly columns: readonly LogColumn[]
  /** What was asked for and has no column. */
  readonly absent: readonly (readonly [Side, string])[]
}

/** Makes samples of the values in rows. */
export class SampleForm {
  readonly #frame: SampleFrame
  // Filled in and copied, for it takes longer to give a new object one property after the other.
  readonly #inputs: Values = {}
  readonly #outputs: Values = {}
  readonly #hasDetails: boolean

  constructor(frame: SampleFrame) {
    this.#frame = frame
    this.#hasDetails = frame.columns.some(({ part }) => part === 'details')
    for (const { part, label } of frame.columns) {
      if (part === 'inputs') setOwn(this.#inputs, label, null)
      else if (part === 'outputs') setOwn(this.#outputs, label, null)
    }
    for (const [side, label] of frame.absent) {
      setOwn(side === 'inputs' ? this.#inputs : this.#outputs, label, null)
    }
  }

  /** The sample at a position of its dataset, of which all values are known, by column. */
  make(n: number, values: readonly FlagValue[]): Sample {
    const { name, endpoint, columns } = this.#frame
    const inputs = this.#inputs
    const outputs = this.#outputs
    for (let at = 0; at < columns.length; at++) {
      const { part, label } = columns[at] as LogColumn
      // Both have the property by now, whatever it is called.
      if (part === 'inputs') inputs[label] = values[at] as FlagValue
      else if (part === 'outputs') outputs[label] = values[at] as FlagValue
    }
    const sample: Parts = {
      n,
      inputs: { ...inputs },
      outputs: { ...outputs },
      option: null,
      username: null,
      endpoint,
      details: { log: name, missing: [] },
    }
    if (this.#hasDetails) putDetails(sample, columns, values)
    return sample
  }

  /** The same, where values are promised. */
  async settle(n: number, values: readonly ColumnValue[]): Promise<Sample> {
    const found = await Promise.all(
      values.map(async (value): Promise<FoundValue> => {
        return value instanceof Promise ? value : { value, missing: false }
      }),
    )
    const known = found.map(({ value }) => value)
    const sample = this.make(n, known) as Parts
    for (const [at, { label }] of this.#frame.columns.entries()) {
      if (found[at]?.missing === true) sample.details.missing.push(label)
    }
    return sample
  }
}

function putDetails(
  sample: Parts,
  columns: readonly LogColumn[],
  values: readonly FlagValue[],
): void {
  for (let at = 0; at < columns.length; at++) {
    const { part, label } = columns[at] as LogColumn
    // A column of the log itself has no files.
    if (part === 'details') putDetail(sample, label, values[at] as JSONValue)
  }
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
