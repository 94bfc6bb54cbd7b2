import { performance } from 'node:perf_hooks'
import type { MarkFilter } from '@flagging/core/store'
import type { Database, Query } from '../database/database.ts'
import { indexable } from '../samples/storable-text.ts'
import { CHANGES_MS } from './changes.ts'
import { RowCounter } from './count-rows.ts'
import { isIndexed, timesOf } from './filter-sql.ts'
import { type Look, look, samplesIn } from './look.ts'
import { microsOf } from './micros.ts'
import type { Place } from './order.ts'
import { Search, type Sought } from './search.ts'
import { type Snapshot, cameInSince } from './snapshot.ts'
import { SQLValues } from './sql-values.ts'
import { Tally, userHash } from './tally.ts'
import type { TimeParts, TimeRange } from './time-parts.ts'

/** How many changes are taken in one by one; where there are more, all is counted anew. */
const MOST_CHANGES = 10_000
/** How many rows are counted together at first. */
const FIRST_STRETCH = 50_000
const FIRST_OF_WORDS = 2000

/** Behind all samples of before a moment. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

interface ChangeRow {
  readonly micros: string
  readonly id: string
  readonly dataset: number
  readonly option: string | null
  readonly user: string | null
  readonly was_reviewed: boolean
  readonly was_noted: boolean
  /** `null` where it was deleted. */
  readonly is_reviewed: boolean | null
  readonly is_noted: boolean | null
}

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
    const before = this.#known
    const isOld = now.snapshot.at - before.snapshot.at > CHANGES_MS
    const changes = isOld ? undefined : await this.#changes(query, before.snapshot, now.snapshot)
    if (changes === undefined) return this.#restart()
    const isSame = samplesIn(before.datasets) === samplesIn(now.datasets)
    const isGone = changes.some(({ is_reviewed: isReviewed }) => isReviewed === null)
    if (!isSame || isGone) {
      const counter = new RowCounter(query, this.#database.schema, this.#sought)
      const upTo = this.#isDone ? undefined : this.#position
      const looks = [before.snapshot, now.snapshot] as const
      for (const range of parts.of(timesOf(this.#sought.filter))) {
        await counter.since(range, looks, upTo, this.#tally)
      }
    }
    if (changes.length > 0 && !this.#apply(changes)) this.#restart()
  }

  /** What was changed of samples that could be seen before; `undefined` for too much. */
  async #changes(
    query: Query,
    before: Snapshot,
    now: Snapshot,
  ): Promise<readonly ChangeRow[] | undefined> {
    const values = new SQLValues()
    const since = cameInSince(values, before, now, 'changed_at')
    const changes = await query<ChangeRow>(
      `select ${microsOf('at')} as micros, id, dataset, option, encode(user_hash, 'hex') as user,
        was_reviewed, was_noted, is_reviewed, is_noted
      from ${this.#database.schema}.changes where ${since}
        and pg_visible_in_snapshot(row_tx, ${values.put(before.seen, 'pg_snapshot')})
      limit ${MOST_CHANGES + 1}`,
      values.all,
    )
    return changes.length > MOST_CHANGES ? undefined : changes
  }

  #apply(changes: readonly ChangeRow[]): boolean {
    const users = this.#tally.usersByHash()
    for (const change of changes) {
      const at = BigInt(change.micros)
      if (!this.#isCounted({ at, id: change.id, duration: null }) || !this.#isOfKind(change))
        continue
      const was = fitsMarks(change.was_reviewed, change.was_noted, this.#sought.filter.marks)
      const isGone = change.is_reviewed === null
      const is =
        !isGone &&
        fitsMarks(change.is_reviewed, change.is_noted === true, this.#sought.filter.marks)
      if (was === is) continue
      // Nobody knows which words stood there.
      if (this.#sought.words !== undefined) return false
      const { dataset, option, user } = change
      const username = user === null ? null : users.get(user)
      // Nor whose it is, where none of theirs was counted before.
      if (username === undefined && is && !this.#tally.isFull) return false
      this.#tally.change({ at, dataset, option, username }, is ? 1 : -1)
    }
    return true
  }

  #isCounted(place: Place): boolean {
    if (this.#isDone) return true
    return this.#position !== undefined && this.#sought.order.compare(place, this.#position) <= 0
  }

  #isOfKind({ micros, dataset, option, user }: ChangeRow): boolean {
    const { filter, dataset: wanted } = this.#sought
    const { from, to } = timesOf(filter)
    const time = BigInt(micros)
    if (wanted !== undefined && dataset !== wanted) return false
    if (from !== undefined && time < from) return false
    if (to !== undefined && time >= to) return false
    if (filter.option !== undefined && (option ?? '') !== indexable(filter.option).text)
      return false
    if (filter.user === undefined) return true
    if (filter.user === '') return user === null || user === userHash('')
    return user === userHash(indexable(filter.user).text)
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

function fitsMarks(
  isReviewed: boolean | null,
  isNoted: boolean,
  marks: MarkFilter | undefined,
): boolean {
  if (marks === undefined) return true
  if (marks === 'noted') return isNoted
  return (isReviewed === true) === (marks === 'reviewed')
}
