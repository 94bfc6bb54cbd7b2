import { randomName } from '../store/disk.ts'
import { type Rank, decodeRank, encodeRank } from './cursor.ts'
import type { FoundIn } from './found-in.ts'
import { type FoundPage, type Search, walkOf } from './list-page.ts'
import type { LogWalk, Position } from './log-walk.ts'
import type { PageQuery } from './review-filter.ts'

/** A search through all logs for the first samples by a measure. */
interface Ranking {
  readonly positions: Map<string, Position>
  readonly over: Set<string>
  readonly best: { readonly rank: Rank; readonly row: FoundIn }[]
}

const MOST = 8

/**
 * Lists of samples by how long they took. All rows are looked at for each page; a search that takes
 * longer than one answer may goes on with the next.
 */
export class Rankings {
  readonly #running = new Map<string, Ranking>()

  async page(search: Search, query: PageQuery): Promise<FoundPage> {
    const { sort, cursor, limit } = query
    const asked = cursor === undefined ? undefined : decodeRank(cursor, sort)
    const below = asked?.below
    const known = asked?.search === undefined ? undefined : this.#running.get(asked.search)
    const ranking = known ?? { positions: new Map(), over: new Set(), best: [] }
    if (asked?.search !== undefined) this.#running.delete(asked.search)
    const isDone = await advance(search, query, ranking, below)
    if (!isDone) {
      return { rows: [], next: encodeRank({ sort, below, search: this.#keep(ranking) }) }
    }
    const last = ranking.best.at(-1)
    const isFull = ranking.best.length >= limit && last !== undefined
    return {
      rows: ranking.best.map(({ row }) => row),
      next: isFull ? encodeRank({ sort, below: last.rank, search: undefined }) : null,
    }
  }

  #keep(ranking: Ranking): string {
    const name = randomName()
    const [oldest] = this.#running.keys()
    if (this.#running.size >= MOST && oldest !== undefined) this.#running.delete(oldest)
    this.#running.set(name, ranking)
    return name
  }
}

async function advance(
  search: Search,
  query: PageQuery,
  ranking: Ranking,
  below: Rank | undefined,
): Promise<boolean> {
  for (const log of search.logs) {
    if (ranking.over.has(log.name)) continue
    const walk = walkOf(search, query, 'forward', log, ranking.positions.get(log.name))
    if (!(await takeAll(walk, query, ranking, below))) {
      const position = await walk.position()
      if (position !== undefined) ranking.positions.set(log.name, position)
      return false
    }
    ranking.over.add(log.name)
  }
  return true
}

async function takeAll(
  walk: LogWalk,
  { sort, limit }: PageQuery,
  { best }: Ranking,
  below: Rank | undefined,
): Promise<boolean> {
  const order = sort === 'slowest' ? comparedBack : compared
  for (let row = await walk.head(); row !== undefined; row = await walk.head()) {
    if (row === 'later') return false
    for (const { duration, start, end } of walk.takeAll()) {
      if (duration === undefined) continue
      const rank: Rank = [duration, walk.log.name, start]
      if (below !== undefined && order(rank, below) <= 0) continue
      const last = best.at(-1)
      if (best.length >= limit && last !== undefined && order(rank, last.rank) >= 0) continue
      const at = best.findIndex((one) => order(rank, one.rank) < 0)
      const entry = { rank, row: { log: walk.log, start, end } }
      best.splice(at === -1 ? best.length : at, 0, entry)
      if (best.length > limit) best.pop()
    }
  }
  return true
}

function compared([a, logA, startA]: Rank, [b, logB, startB]: Rank): number {
  if (a !== b) return a - b
  if (logA !== logB) return logA < logB ? -1 : 1
  return startA - startB
}

function comparedBack(a: Rank, b: Rank): number {
  return compared(b, a)
}
