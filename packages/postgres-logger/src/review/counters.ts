import { performance } from 'node:perf_hooks'
import type { ReviewCounts } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import type { DatasetFacts } from './look.ts'
import type { Sought } from './search.ts'
import { SelectionCount } from './selection-count.ts'
import type { Timeline } from './timeline.ts'

/** How long one answer may count. */
const ANSWER_MS = 400
/**
 * Selections of which the counts are kept, to go on with when samples come in. The page asks for five
 * at a time: for each chart, what it would show without its own filter.
 */
const SELECTIONS = 24

/** Counts the samples of selections, and goes on where it stopped. */
export class Counters {
  readonly #database: Database
  readonly #timeline: Timeline
  readonly #selections = new Map<string, SelectionCount>()
  /** The last count of each selection that is under way: two at once would count the same rows. */
  readonly #turns = new WeakMap<SelectionCount, Promise<unknown>>()

  constructor(database: Database, timeline: Timeline) {
    this.#database = database
    this.#timeline = timeline
  }

  /** The counts of a selection, and how many of the samples of its datasets are reviewed. */
  async count(sought: Sought, datasets: readonly DatasetFacts[]): Promise<ReviewCounts> {
    const until = performance.now() + ANSWER_MS
    const { filter, dataset, order } = sought
    const marked = { dataset, filter: { dataset: filter.dataset, marks: 'reviewed' } } as const
    const counted = await this.#advance(sought, until)
    const reviewed = await this.#advance({ ...marked, order, words: undefined }, until)
    const folders = new Map(datasets.map(({ id, folder }) => [id, folder]))
    return {
      ...counted.tally.counts((id) => folders.get(id)),
      reviewed: reviewed.tally.total,
      done: counted.isDone && reviewed.isDone,
    }
  }

  #advance(sought: Sought, until: number): Promise<SelectionCount> {
    const selection = this.#selectionOf(sought)
    const before = this.#turns.get(selection) ?? Promise.resolve()
    const advanced = before.then(async () => {
      // Whoever has waited for others until now gets what they have counted.
      if (selection.isDone || performance.now() < until) {
        await selection.advance(await this.#timeline.parts(), until)
      }
      return selection
    })
    this.#turns.set(
      selection,
      advanced.catch(() => undefined),
    )
    return advanced
  }

  #selectionOf(sought: Sought): SelectionCount {
    const { dataset, filter } = sought
    const key = JSON.stringify([dataset, filter])
    const known = this.#selections.get(key) ?? new SelectionCount(this.#database, sought)
    this.#selections.delete(key)
    const [oldest] = this.#selections.keys()
    if (this.#selections.size >= SELECTIONS && oldest !== undefined) {
      this.#selections.delete(oldest)
    }
    this.#selections.set(key, known)
    return known
  }
}
