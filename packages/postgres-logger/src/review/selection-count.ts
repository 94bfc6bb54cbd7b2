import { performance } from 'node:perf_hooks'
import type { Database, Query } from '../database/database.ts'
import { type Change, changesSince, wasAndIs } from './changes.ts'
import { RowCounter } from './count-rows.ts'
import { isIndexed, timesOf } from './filter-sql.ts'
import { type Look, look, samplesIn } from './look.ts'
import type { Place } from './order.ts'
import { Search, type Sought } from './search.ts'
import { Tally } from './tally.ts'
import type { TimeParts, TimeRange } from './time-parts.ts'

/** How many rows are counted together at first. */
const FIRST_STRETCH = 20_000
const FIRST_OF_WORDS = 2000

/** Behind all samples of before a moment. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** The samples of a selection, counted bit by bit, and from then on what comes in and changes. */
export class SelectionCount {
  readonly #database: Database
  readonly #sought: Sought
  #tally = new Tally()
  /** What was there when it was counted last; `undefined` before the first time. */
  #known: Look | undefined
  #partitions: readonly string[] = []
  /** Up to where samples are counted; `undefined` for none. */
  #position: Place | undefined
  #isDone = false
  #stretchLength: number

  /** @param sought in the order in which samples are counted: the oldest first */
  constructor(database: Database, sought: Sought) {
    this.#database = database
    this.#sought = sought
    this.#stretchLength = sought.words === undefined ? FIRST_STRETCH : FIRST_OF_WORDS
  }

  /** Whether all samples are counted that there were when it was counted last. */
  get isDone(): boolean {
    return this.#isDone
  }

  get tally(): Tally {
    return this.#tally
  }

  /** Counts on until a moment, by `performance.now()`. */
  async advance(parts: TimeParts, until: number): Promise<void> {
    const names = new Set(parts.names)
    if (!this.#partitions.every((name) => names.has(name))) this.#restart()
    this.#partitions = parts.names
    try {
      await this.#database.transaction(async (query) => {
        // All statements see the same: what comes in meanwhile is counted the next time.
        await query('set transaction isolation level repeatable read, read only')
        const now = await look(query, this.#database)
        await this.#catchUp(query, parts, now)
        this.#known = now
        await this.#goOn(query, parts, until)
      })
    } catch (error) {
      // Nobody knows what of it was counted.
      this.#restart()
      throw error
    }
  }

  #restart(): void {
    this.#tally = new Tally()
    this.#known = this.#position = undefined
    this.#isDone = false
  }

  /** Counts what has come in and changed among the samples that were counted before. */
  async #catchUp(query: Query, parts: TimeParts, now: Look): Promise<void> {
    if (this.#known === undefined || (this.#position === undefined && !this.#isDone)) return
    const { schema } = this.#database
    const looks = [this.#known.snapshot, now.snapshot] as const
    const changes = await changesSince(query, schema, ...looks)
    if (changes === undefined) return this.#restart()
    const isSame = samplesIn(this.#known.datasets) === samplesIn(now.datasets)
    if (!isSame || changes.some(({ is }) => is === undefined)) {
      const counter = new RowCounter(query, schema, this.#sought)
      const upTo = this.#isDone ? undefined : this.#position
      for (const range of parts.of(timesOf(this.#sought.filter))) {
        await counter.since(range, looks, upTo, this.#tally)
      }
    }
    if (changes.length > 0 && !this.#apply(changes)) this.#restart()
  }

  /** Takes changes in; gives whether all that must be known of them is. */
  #apply(changes: readonly Change[]): boolean {
    const users = this.#tally.usersByHash()
    for (const change of changes) {
      const [was, is] = wasAndIs(change, this.#sought)
      if (was === is || !this.#isCounted(change.place)) continue
      // Nobody knows which words stood there.
      if (this.#sought.words !== undefined) return false
      const { place, dataset, option, user } = change
      const username = user === null ? null : users.get(user)
      // Nor whose it is, where none of theirs was counted before.
      if (username === undefined && is && !this.#tally.isFull) return false
      this.#tally.change({ at: place.at, dataset, option, username }, is ? 1 : -1)
    }
    return true
  }

  #isCounted(place: Place): boolean {
    if (this.#isDone) return true
    return this.#position !== undefined && this.#sought.order.compare(place, this.#position) <= 0
  }

  async #goOn(query: Query, parts: TimeParts, until: number): Promise<void> {
    if (this.#isDone) return
    const { schema } = this.#database
    const search = new Search({ query, schema }, this.#sought, !isIndexed(this.#sought))
    search.stretchLength = this.#stretchLength
    const counter = new RowCounter(query, schema, this.#sought)
    for (const range of parts.of(this.#rest(), 'oldest')) {
      for (let isOver = false; !isOver;) {
        const start = performance.now()
        const scope = { range, behind: this.#position }
        const stretch = await search.stretch(scope, search.stretchLength)
        await counter.stretch({ ...scope, upTo: stretch?.end }, this.#tally)
        search.fit(performance.now() - start)
        this.#stretchLength = search.stretchLength
        isOver = stretch?.end === undefined
        this.#position = stretch?.end ?? endOf(range)
        if (isOver && range.to === timesOf(this.#sought.filter).to) this.#isDone = true
        else if (performance.now() > until) return
      }
    }
  }

  /** The time of which no sample is counted, or not all are. */
  #rest(): TimeRange {
    const { from, to } = timesOf(this.#sought.filter)
    return { from: this.#position?.at ?? from, to }
  }
}

function endOf({ to }: TimeRange): Place | undefined {
  return to === undefined ? undefined : { at: to - 1n, id: LAST_ID, duration: null }
}
