import type { FlagValue } from '../sample/flag-value.ts'
import type { LogColumn } from '../store/log-column.ts'
import type { LogDraft } from '../store/log-draft.ts'
import type { ReviewFilter } from './review-filter.ts'

/** How the rows of a log are told apart without reading their values. */
export class RowTest {
  readonly #filter: ReviewFilter
  readonly #columns: readonly LogColumn[]
  readonly #values: readonly number[]
  readonly #option: number
  readonly #user: number
  readonly #time: number
  readonly #duration: number

  constructor(filter: ReviewFilter, columns: readonly LogColumn[]) {
    this.#filter = filter
    this.#columns = columns
    this.#values = columns.flatMap(({ part }, index) => (part === undefined ? [] : [index]))
    const detail = (name: string): number =>
      columns.findIndex(({ label, part }) => part === 'details' && label === name)
    this.#option = detail('flag_option')
    this.#user = detail('username')
    this.#time = detail('timestamp')
    this.#duration = detail('duration')
  }

  /** Whether a row is among what is looked for, but for what reviewers said of it. */
  accepts(row: LogDraft): boolean {
    const { option, user, from, to, words } = this.#filter
    if (row.problem !== undefined) {
      return option === undefined && user === undefined && from === to && words === undefined
    }
    if (option !== undefined && (this.option(row) ?? '') !== option) return false
    if (user !== undefined && (this.user(row) ?? '') !== user) return false
    if (from !== undefined || to !== undefined) {
      const time = this.time(row)
      if (time === undefined || time < (from ?? -Infinity) || time >= (to ?? Infinity)) return false
    }
    return words === undefined || words.every((word) => this.#holds(row, word))
  }

  option(row: LogDraft): string | null {
    return textOf(this.#valueOf(row, this.#option))
  }

  user(row: LogDraft): string | null {
    return textOf(this.#valueOf(row, this.#user))
  }

  /** Milliseconds since 1970; `undefined` where the log does not say. */
  time(row: LogDraft): number | undefined {
    const text = this.#valueOf(row, this.#time)
    const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
    return Number.isNaN(time) ? undefined : time
  }

  /** Milliseconds; `undefined` where the log does not say. */
  duration(row: LogDraft): number | undefined {
    const value = this.#valueOf(row, this.#duration)
    return typeof value === 'number' ? value : undefined
  }

  #valueOf(row: LogDraft, column: number): FlagValue {
    if (column === -1 || row.problem !== undefined) return null
    const value = this.#columns[column]?.read(row.cell(column)) ?? null
    return value instanceof Promise ? null : value
  }

  #holds(row: LogDraft, word: string): boolean {
    return this.#values.some((column) => row.cell(column).toLowerCase().includes(word))
  }
}

function textOf(value: FlagValue): string | null {
  return typeof value === 'string' ? value : null
}

const PLAIN = /^[!#-\x7e]+$/
const UPPER_A = 0x41
const UPPER_Z = 0x5a
const TO_LOWER = 0x20

/** Memory for bytes in lower case: as strings, they would make much garbage. */
let lowered = Buffer.alloc(0)

/**
 * Whether bytes of a log may hold words in lower case, told without taking the rows apart. Words that
 * a log may write otherwise, with quotes in them or letters beyond ASCII, are taken to be there.
 */
export function mayHoldWords(bytes: Buffer, words: readonly string[] | undefined): boolean {
  const plain = words?.filter((word) => PLAIN.test(word)) ?? []
  if (plain.length === 0) return true
  if (lowered.length < bytes.length) lowered = Buffer.allocUnsafeSlow(bytes.length)
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    lowered[at] = byte >= UPPER_A && byte <= UPPER_Z ? byte + TO_LOWER : byte
  }
  const text = lowered.subarray(0, bytes.length)
  return plain.every((word) => text.includes(word))
}
