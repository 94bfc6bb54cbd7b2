import type { Database } from '../database/database.ts'
import type { DatasetFacts } from './look.ts'
import { Order, type Place } from './order.ts'
import { type FoundRow, RowReader } from './row-reader.ts'
import { Search } from './search.ts'
import { Timeline } from './timeline.ts'

/** Rows that are in memory at once, at first: each may have many megabytes. */
const FIRST_FEW = 16
const MOST = 512
/** Characters of JSON in the rows that are in memory at once, more or less. */
const MUCH = 1024 * 1024
/** So many samples one statement passes over. */
const PASSED = 100_000
const ALL = { from: undefined, to: undefined }

/** Reads the samples of one dataset, from the oldest on. */
export class DatasetReader {
  readonly #timeline: Timeline
  readonly #rows: RowReader
  readonly #search: Search
  readonly #dataset: DatasetFacts
  #behind: Place | undefined
  #atOnce = FIRST_FEW
  #isOver = false
  /** How many are read or passed over. */
  passed = 0

  constructor(database: Database, dataset: DatasetFacts) {
    this.#dataset = dataset
    this.#timeline = new Timeline(database)
    this.#rows = new RowReader(database, this.#timeline)
    const sought = { dataset: dataset.id, filter: {}, words: undefined, order: new Order('oldest') }
    this.#search = new Search(database, sought, false)
  }

  /** Passes over samples; gives how many, less than asked for where there are no more. */
  async skip(count: number): Promise<number> {
    if (count >= this.#dataset.samples) {
      this.#isOver = true
      this.passed = this.#dataset.samples
      return this.passed
    }
    const parts = (await this.#timeline.parts()).of(ALL, 'oldest')
    for (const range of parts) {
      for (let isOver = false; !isOver && this.passed < count;) {
        const length = Math.min(PASSED, count - this.passed)
        const stretch = await this.#search.stretch({ range, behind: this.#behind }, length)
        this.passed += stretch?.count ?? 0
        this.#behind = stretch?.end ?? this.#behind
        isOver = stretch?.end === undefined
      }
    }
    return this.passed
  }

  /** The samples behind those that were passed over, at most so many. */
  async *rows(limit: number): AsyncGenerator<FoundRow> {
    if (this.#isOver) return
    let left = limit
    const from = this.#behind?.at
    for (const range of (await this.#timeline.parts()).of({ from, to: undefined }, 'oldest')) {
      for (let isOver = false; !isOver && left > 0;) {
        const wanted = Math.min(this.#atOnce, left)
        const places = (await this.#search.places({ range, behind: this.#behind }, wanted)) ?? []
        const rows = await this.#rows.at(places, true)
        this.#fit(rows)
        for (const row of rows) {
          this.passed++
          yield row
        }
        left -= rows.length
        this.#behind = places.at(-1) ?? this.#behind
        isOver = places.length < wanted
      }
    }
  }

  #fit(rows: readonly FoundRow[]): void {
    const characters = rows.reduce((sum, { row }) => sum + JSON.stringify(row).length, 0)
    const fitting = Math.floor((MUCH * rows.length) / Math.max(characters, 1))
    this.#atOnce = Math.max(1, Math.min(MOST, this.#atOnce * 2, fitting))
  }
}
