import { encodeList, decodeList } from './cursor.ts'
import type { FoundIn } from './found-in.ts'
import { type FoundRow, LogWalk, type Position, type WalkOptions } from './log-walk.ts'
import type { LogIndexes } from './log-index.ts'
import type { DatasetMarks } from './marks.ts'
import type { PageQuery } from './review-filter.ts'
import type { ReviewLog, ReviewPlace } from './review-log.ts'
import type { SearchBudget } from './search-budget.ts'

/** A part of a list. */
export interface FoundPage {
  readonly rows: readonly FoundIn[]
  /** Where the list goes on; `null` at its end. */
  readonly next: string | null
}

/** What a search has to do with. */
export interface Search {
  readonly place: ReviewPlace
  readonly logs: readonly ReviewLog[]
  readonly marksOf: (log: ReviewLog) => DatasetMarks
  readonly indexes: LogIndexes
  readonly budget: SearchBudget
  readonly told: (notice: string) => void
}

/**
 * The samples of several logs as one list by time: each log in its own order, and of the rows that
 * come next the newest first, or the oldest.
 */
export async function listPage(search: Search, query: PageQuery): Promise<FoundPage> {
  const { sort, cursor, limit } = query
  const begun = cursor === undefined ? undefined : decodeList(cursor, sort).positions
  const isBack = sort === 'newest'
  const direction = isBack ? 'back' : 'forward'
  const walks = search.logs.map((log) =>
    walkOf(search, query, direction, log, begun?.get(log.name)),
  )
  const rows: FoundIn[] = []
  let isOver = false
  while (rows.length < limit) {
    const next = await nextOf(walks, isBack)
    if (next === 'later') break
    if (next === undefined) {
      isOver = true
      break
    }
    const { start, end } = next.row
    rows.push({ log: next.walk.log, start, end })
    next.walk.take()
  }
  return { rows, next: isOver ? null : await goesOnAt(walks, query) }
}

/** A walk through one log for what a query asks for. */
export function walkOf(
  { place, marksOf, indexes, budget, told }: Search,
  { filter }: Pick<PageQuery, 'filter'>,
  direction: WalkOptions['direction'],
  log: ReviewLog,
  begin?: Position,
): LogWalk {
  const marks = marksOf(log)
  const options = { place, filter, marks, indexes, direction, budget, told }
  return new LogWalk(log, options, begin)
}

async function nextOf(
  walks: readonly LogWalk[],
  isBack: boolean,
): Promise<{ walk: LogWalk; row: FoundRow } | 'later' | undefined> {
  let best: { walk: LogWalk; row: FoundRow } | undefined
  for (const walk of walks) {
    const row = await walk.head()
    if (row === 'later') return row
    if (row === undefined) continue
    const isBetter = best && (isBack ? row.time > best.row.time : row.time < best.row.time)
    if (best === undefined || isBetter === true) best = { walk, row }
  }
  return best
}

async function goesOnAt(walks: readonly LogWalk[], { sort }: PageQuery): Promise<string> {
  const positions = new Map<string, Position>()
  for (const walk of walks) {
    const position = await walk.position()
    if (position !== undefined) positions.set(walk.log.name, position)
  }
  return encodeList({ sort, positions })
}
