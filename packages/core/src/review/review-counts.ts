import type { LogDraft } from '../store/log-draft.ts'
import { rowHash } from '../store/row-key.ts'
import type { Search } from './list-page.ts'
import { blockAfter, forEachRow, giveBack } from './log-block.ts'
import type { RowEnds } from './row-ends.ts'
import { StretchNotes, isIndexed } from './log-index.ts'
import { fitsMarks } from './marks.ts'
import type { ReviewFilter } from './review-filter.ts'
import { type ReviewLog, withLog } from './review-log.ts'
import { RowTest } from './row-test.ts'

/** How many samples of a selection there are, and of which kinds. */
export interface ReviewCounts {
  readonly total: number
  readonly options: readonly { readonly value: string | null; readonly count: number }[]
  readonly datasets: readonly { readonly value: string | null; readonly count: number }[]
  /** Those with the most samples. */
  readonly users: readonly { readonly value: string | null; readonly count: number }[]
  /** By day (`2026-11-27`, UTC), or by month where that were too many; only of rows with a time. */
  readonly days: readonly { readonly day: string; readonly count: number }[]
  /** How many samples of these datasets are marked as reviewed, whatever else is asked for. */
  readonly reviewed: number
  /** Whether all rows have been counted; else ask again. */
  readonly done: boolean
}

const BLOCK = 1024 * 1024
/**
 * Selections of which the counts are kept, to go on with when rows come in. The page asks for five at
 * a time: for each chart, what it would show without its own filter.
 */
const SELECTIONS = 16
/** Different users and options that are counted each for itself. */
const MOST_VALUES = 10_000
const USERS_SHOWN = 50
const MOST_DAYS = 400
const DAY_MS = 86_400_000

/** What was counted of one log, and up to where. */
interface Tally {
  at: number
  readonly ino: number
  total: number
  readonly options: Map<string | null, number>
  readonly users: Map<string | null, number>
  readonly days: Map<number, number>
}

/** Counts the samples of selections, and goes on where it stopped. */
export class Counters {
  readonly #selections = new Map<string, Map<string, Tally>>()
  /** The last count of each selection that is under way: two at once would count the same rows. */
  readonly #turns = new WeakMap<Map<string, Tally>, Promise<unknown>>()

  count(search: Search, filter: ReviewFilter, ends: RowEnds): Promise<ReviewCounts> {
    const tallies = this.#talliesOf(filter, search)
    const before = this.#turns.get(tallies) ?? Promise.resolve()
    const counted = before.then(() => this.#count(search, filter, tallies, ends))
    this.#turns.set(
      tallies,
      counted.catch(() => undefined),
    )
    return counted
  }

  async #count(
    search: Search,
    filter: ReviewFilter,
    tallies: Map<string, Tally>,
    ends: RowEnds,
  ): Promise<ReviewCounts> {
    let done = true
    for (const log of search.logs) {
      if (!(await advance(search, log, filter, tallies, ends))) {
        done = false
        break
      }
    }
    const names = new Set(search.logs.map(({ name }) => name))
    for (const name of tallies.keys()) if (!names.has(name)) tallies.delete(name)
    return summed(search, tallies, done)
  }

  #talliesOf(filter: ReviewFilter, { logs, marksOf }: Search): Map<string, Tally> {
    // Where the selection depends on what reviewers say, each word of theirs makes another one.
    const said = filter.marks && logs.map((log) => marksOf(log).version)
    const key = JSON.stringify([filter, said])
    const tallies = this.#selections.get(key) ?? new Map<string, Tally>()
    this.#selections.delete(key)
    const [oldest] = this.#selections.keys()
    if (this.#selections.size >= SELECTIONS && oldest !== undefined) {
      this.#selections.delete(oldest)
    }
    this.#selections.set(key, tallies)
    return tallies
  }
}

async function advance(
  { place, marksOf, indexes, budget, told }: Search,
  log: ReviewLog,
  filter: ReviewFilter,
  tallies: Map<string, Tally>,
  ends: RowEnds,
): Promise<boolean> {
  const { end, ino } = await ends.of(place, log)
  let tally = tallies.get(log.name)
  if (tally === undefined || tally.ino !== ino || tally.at > end) {
    tally = { at: 0, ino, total: 0, options: new Map(), users: new Map(), days: new Map() }
    tallies.set(log.name, tally)
  }
  if (tally.at === end) return true
  const into = tally
  const isDone = await withLog(place, log, told, async (open) => {
    into.at = Math.max(into.at, open.from)
    const test = new RowTest(filter, open.plan.columns)
    const index = indexes.of(log, ino)
    const takesAll = !isIndexed(filter) && filter.words === undefined && filter.marks === undefined
    while (into.at < end) {
      if (budget.isSpent) return false
      const empty = index.emptyAfter(into.at, filter)
      if (empty !== undefined) {
        into.at = empty.end
        continue
      }
      const block = await blockAfter(open, into.at, end, BLOCK)
      const notes = new StretchNotes(test)
      await forEachRow(open, block, (row) => {
        budget.searched++
        if (row.problem !== undefined || !test.accepts(row)) return
        if (filter.marks !== undefined) {
          const { start, end: behind } = row.place
          const bytes = block.bytes.subarray(start - block.start, behind - block.start)
          if (!fitsMarks(marksOf(log).of(rowHash(bytes)), filter.marks)) return
        }
        const time = test.time(row)
        add(into, test, row, time)
        if (takesAll) notes.add(row, time)
      })
      // The last stretch grows with the log.
      if (takesAll && block.end < end) index.add(notes.of(into.at, block.end))
      into.at = block.end > into.at ? block.end : end
      giveBack(block)
    }
    return true
  })
  return isDone ?? true
}

function add(tally: Tally, test: RowTest, row: LogDraft, time: number | undefined): void {
  tally.total++
  addTo(tally.options, test.option(row))
  addTo(tally.users, test.user(row))
  if (time === undefined) return
  const day = Math.floor(time / DAY_MS)
  tally.days.set(day, (tally.days.get(day) ?? 0) + 1)
}

function addTo<Value>(counts: Map<Value, number>, value: Value, count = 1): void {
  const known = counts.get(value)
  if (known !== undefined || counts.size < MOST_VALUES) counts.set(value, (known ?? 0) + count)
}

function summed(
  { logs, marksOf }: Search,
  tallies: ReadonlyMap<string, Tally>,
  done: boolean,
): ReviewCounts {
  const options = new Map<string | null, number>()
  const datasets = new Map<string | null, number>()
  const users = new Map<string | null, number>()
  const days = new Map<number, number>()
  let total = 0
  for (const log of logs) {
    const tally = tallies.get(log.name)
    if (tally === undefined) continue
    total += tally.total
    addTo(datasets, log.dataset.endpoint, tally.total)
    for (const [value, count] of tally.options) addTo(options, value, count)
    for (const [value, count] of tally.users) addTo(users, value, count)
    for (const [day, count] of tally.days) days.set(day, (days.get(day) ?? 0) + count)
  }
  const marks = new Set(logs.map(marksOf))
  return {
    total,
    options: listed(options),
    datasets: listed(datasets),
    users: listed(users).slice(0, USERS_SHOWN),
    days: daysOf(days),
    reviewed: [...marks].reduce((sum, { reviewed }) => sum + reviewed, 0),
    done,
  }
}

function listed(counts: ReadonlyMap<string | null, number>): ReviewCounts['options'] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count)
}

function daysOf(days: ReadonlyMap<number, number>): ReviewCounts['days'] {
  const length = days.size > MOST_DAYS ? 'yyyy-mm'.length : 'yyyy-mm-dd'.length
  const counts = new Map<string, number>()
  for (const [day, count] of [...days].toSorted(([a], [b]) => a - b)) {
    const name = new Date(day * DAY_MS).toISOString().slice(0, length)
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return [...counts].map(([day, count]) => ({ day, count }))
}
