import type { SQLValues } from './sql-values.ts'

/**
 * What could be seen at a moment, as PostgreSQL says it: `pg_current_snapshot()`. Rows of transactions
 * that were under way then come in later, whatever numbers they have; each row knows its transaction.
 */
export interface Snapshot {
  readonly seen: string
  /** Milliseconds since 1970, by the clock of the server. */
  readonly at: number
}

const PARTS = /^(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/

/** Whether a text is a snapshot that PostgreSQL reads. */
export function isSnapshot(text: unknown): text is string {
  const [, first, end, list] = (typeof text === 'string' && PARTS.exec(text)) || []
  if (first === undefined || end === undefined) return false
  const known = [first, ...(list ? list.split(',') : [])].map(BigInt)
  const isInOrder = known.every((one, at) => at < 2 || one > (known[at - 1] as bigint))
  const isWithin = known.every((one) => one >= (known[0] as bigint) && one < BigInt(end))
  return BigInt(first) > 0n && isInOrder && (isWithin || (!list && first === end))
}

/** No transaction takes longer: rows that were written so long before were there to be seen. */
const LONGEST = "interval '1 hour'"

/**
 * Says that a row could not be seen then and can be now: by an index on the column, for the
 * transactions that were under way are named, and all others have greater numbers.
 * @param written the column that says when the row was written
 */
export function cameInSince(
  values: SQLValues,
  { seen, at }: Snapshot,
  now: Snapshot,
  written: string,
): string {
  const [, , , list = ''] = PARTS.exec(seen) ?? []
  const running = values.put(list === '' ? [] : list.split(','), 'xid8[]')
  // In a dump that was restored, numbers are those of another server: see `wasSeen`, too.
  return `(tx >= ${values.put(endOf(seen), 'xid8')} or tx = any(${running}))
    and pg_visible_in_snapshot(tx, ${values.put(now.seen, 'pg_snapshot')})
    and ${written} > to_timestamp(${values.put(at / 1000, 'float8')}) - ${LONGEST}`
}

/** Says that the row that a transaction wrote could be seen at an earlier look. */
export function wasSeen(
  values: SQLValues,
  before: Snapshot,
  now: Snapshot,
  transaction: string,
): string {
  // What is seen now and is of no time yet comes from another server, and was always there.
  return `(pg_visible_in_snapshot(${transaction}, ${values.put(before.seen, 'pg_snapshot')})
    or ${transaction} >= ${values.put(endOf(now.seen), 'xid8')})`
}

function endOf(seen: string): string {
  return PARTS.exec(seen)?.[2] ?? '0'
}
