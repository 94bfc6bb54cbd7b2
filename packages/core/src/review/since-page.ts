import { decodeNewest, encodeNewest, nameOf } from './cursor.ts'
import type { FoundIn } from './found-in.ts'
import { type Search, walkOf } from './list-page.ts'
import type { RowEnds } from './row-ends.ts'
import type { FoundRow } from './log-walk.ts'
import type { PageQuery } from './review-filter.ts'
import type { ReviewLog } from './review-log.ts'

/** What came in since. */
export interface FoundSince {
  /** The newest first. */
  readonly rows: readonly FoundIn[]
  readonly newest: string
  /** Whether the list must be looked at from its start: rows were deleted, or too many came in. */
  readonly reset: boolean
}

/** Where the logs end now: what is asked with for what came in since. */
export async function newestOf({ place, logs }: Search, ends: RowEnds): Promise<string> {
  const found = await Promise.all(logs.map((log) => ends.of(place, log)))
  return encodeNewest({ logs: nameOf(logs), ends: found.map(({ end, ino }) => [end, ino]) })
}

/** The samples that came in since `after`. */
export async function sincePage(
  search: Search,
  query: PageQuery,
  ends: RowEnds,
): Promise<FoundSince> {
  const before = decodeNewest(query.after ?? '')
  const newest = await newestOf(search, ends)
  const now = decodeNewest(newest)
  const found: { row: FoundRow; log: ReviewLog }[] = []
  let reset = now.logs !== before.logs
  for (const [index, [end, ino]] of reset ? [] : now.ends.entries()) {
    const [from, of] = before.ends[index] ?? [0, 0]
    const log = search.logs[index]
    if (log === undefined || ino !== of || end < from) reset = true
    else if (end > from && !(await takeNew(search, query, log, from, found))) reset = true
    if (reset) break
  }
  if (reset) return { rows: [], newest, reset }
  // Stable: of one time, what stands further down is the newer.
  const rows = found
    .toReversed()
    .toSorted((a, b) => b.row.time - a.row.time)
    .map(({ row, log }) => ({ log, start: row.start, end: row.end }))
  return { rows, newest, reset }
}

async function takeNew(
  search: Search,
  query: PageQuery,
  log: ReviewLog,
  from: number,
  found: { row: FoundRow; log: ReviewLog }[],
): Promise<boolean> {
  const walk = walkOf(search, query, 'forward', log, from === 0 ? undefined : [from, null])
  for (let row = await walk.head(); row !== undefined; row = await walk.head()) {
    if (row === 'later' || found.length >= query.limit) return false
    walk.take()
    found.push({ row, log })
  }
  return true
}
