import { createHash } from 'node:crypto'
import type { ReviewCounts } from '@flagging/core/store'
import type { Micros } from './micros.ts'

/** One kind of a count: of a day, a dataset, an option or a user. */
export type Facet = 'day' | 'dataset' | 'option' | 'username'

/** Samples of one sort, as they are to be counted. */
export interface CountedSample {
  readonly at: Micros
  readonly dataset: number
  readonly option: string | null
  /** `undefined` where nobody knows: then it is not counted. */
  readonly username: string | null | undefined
}

/** Different users and options that are counted each for itself. */
const MOST_VALUES = 10_000
const USERS_SHOWN = 50
const MOST_DAYS = 400

/** How many samples of a selection there are, of each kind. */
export class Tally {
  readonly #facets: Readonly<Record<Facet, Map<string | null, number>>> = {
    day: new Map(),
    dataset: new Map(),
    option: new Map(),
    username: new Map(),
  }
  #total = 0

  get total(): number {
    return this.#total
  }

  /** Whether there are more users than are counted each for itself. */
  get isFull(): boolean {
    return this.#facets.username.size >= MOST_VALUES
  }

  /** Adds so many samples that have a value. Each sample has one for each facet. */
  add(facet: Facet, value: string | null, count: number): void {
    const counts = this.#facets[facet]
    const known = counts.get(value)
    if (known !== undefined || counts.size < MOST_VALUES) counts.set(value, (known ?? 0) + count)
    if (facet === 'dataset') this.#total += count
  }

  /** Adds a sample, or takes one away. */
  change({ at, dataset, option, username }: CountedSample, by: 1 | -1): void {
    this.add('day', new Date(Number(at / 1000n)).toISOString().slice(0, 10), by)
    this.add('dataset', String(dataset), by)
    this.add('option', option, by)
    if (username !== undefined) this.add('username', username, by)
  }

  /** The users that are counted, by what stands for their names where no names are kept. */
  usersByHash(): ReadonlyMap<string, string> {
    const names = [...this.#facets.username.keys()].filter((name) => name !== null)
    return new Map(names.map((name) => [userHash(name), name]))
  }

  /** What it comes to, but for what the samples of others are. */
  counts(
    folderOf: (dataset: number) => string | undefined,
  ): Omit<ReviewCounts, 'reviewed' | 'done'> {
    const { day, dataset, option, username } = this.#facets
    const datasets = listed(dataset).flatMap(({ value, count }) => {
      const folder = folderOf(Number(value))
      return folder === undefined ? [] : [{ value: folder === '' ? null : folder, count }]
    })
    return {
      total: this.#total,
      options: listed(option),
      datasets,
      users: listed(username).slice(0, USERS_SHOWN),
      days: daysOf(day),
    }
  }
}

/** What names a user without saying who it is, as the table `changes` has it. */
export function userHash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}

function listed(counts: ReadonlyMap<string | null, number>): ReviewCounts['options'] {
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || byValue(a.value, b.value))
}

/** None comes last. */
function byValue(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : 1
}

function daysOf(days: ReadonlyMap<string | null, number>): ReviewCounts['days'] {
  const known = [...days].filter(([day, count]) => day !== null && count > 0)
  const length = known.length > MOST_DAYS ? 'yyyy-mm'.length : 'yyyy-mm-dd'.length
  const counts = new Map<string, number>()
  for (const [day, count] of known.toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))) {
    const name = (day ?? '').slice(0, length)
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return [...counts].map(([day, count]) => ({ day, count }))
}
