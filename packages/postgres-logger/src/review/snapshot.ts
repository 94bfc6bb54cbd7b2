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

/** Rows of older transactions were there for a day: no transaction takes longer. */
const LONGEST = "interval '1 day'"

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
  const [, , end = '0', list = ''] = PARTS.exec(seen) ?? []
  const running = values.put(list === '' ? [] : list.split(','), 'xid8[]')
  // Whoever restores a dump brings along numbers of another server.
  return `(tx >= ${values.put(end, 'xid8')} or tx = any(${running}))
    and pg_visible_in_snapshot(tx, ${values.put(now.seen, 'pg_snapshot')})
    and ${written} > to_timestamp(${values.put(at / 1000, 'float8')}) - ${LONGEST}`
}
