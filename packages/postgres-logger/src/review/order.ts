import type { ReviewSort } from '@flagging/core/store'
import type { Micros } from './micros.ts'
import type { SQLValues } from './sql-values.ts'

/** Where a sample stands in every order. */
export interface Place {
  readonly at: Micros
  readonly id: string
  /** Milliseconds; `null` where it is not known. */
  readonly duration: number | null
}

/** An order of samples: by time, or by how long they took. */
export class Order {
  readonly sort: ReviewSort
  readonly isBack: boolean
  readonly isByTime: boolean

  constructor(sort: ReviewSort) {
    this.sort = sort
    this.isBack = sort === 'newest' || sort === 'slowest'
    this.isByTime = sort === 'newest' || sort === 'oldest'
  }

  /** The columns that make it, as an index has them. */
  get columns(): readonly string[] {
    return this.isByTime ? ['at', 'id'] : ['duration', 'at', 'id']
  }

  /** For `order by`. */
  get sql(): string {
    return this.columns.map((column) => (this.isBack ? `${column} desc` : column)).join(', ')
  }

  /** Says that a row comes behind a place. */
  behind(values: SQLValues, place: Place): string {
    const row = `(${this.columns.join(', ')}) ${this.isBack ? '<' : '>'} ${this.#row(values, place)}`
    return this.#withTime(values, place, row, this.isBack)
  }

  /** Says that a row comes no later than a place. */
  upTo(values: SQLValues, place: Place): string {
    const row = `(${this.columns.join(', ')}) ${this.isBack ? '>=' : '<='} ${this.#row(values, place)}`
    return this.#withTime(values, place, row, !this.isBack)
  }

  /** Negative where the first comes first. */
  compare(a: Place, b: Place): number {
    return this.isBack ? -this.#ascending(a, b) : this.#ascending(a, b)
  }

  /** By a comparison of rows, no partition is left out. */
  #withTime(values: SQLValues, { at }: Place, row: string, isBefore: boolean): string {
    return this.isByTime ? `at ${isBefore ? '<=' : '>='} ${values.time(at)} and ${row}` : row
  }

  #row(values: SQLValues, { at, id, duration }: Place): string {
    const place = [values.time(at), values.put(id, 'uuid')]
    const row = this.isByTime ? place : [values.put(duration, 'float8'), ...place]
    return `(${row.join(', ')})`
  }

  #ascending(a: Place, b: Place): number {
    if (!this.isByTime && a.duration !== b.duration) return (a.duration ?? 0) - (b.duration ?? 0)
    if (a.at !== b.at) return a.at < b.at ? -1 : 1
    return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
  }
}
