import { setTimeout as later } from 'node:timers/promises'
import { FlaggingError } from '@flagging/core'
import type { Database } from '../database/database.ts'

const POLL_MS = 50
const LONGEST_MS = 60_000

/**
 * The number of the last sample, behind which no further one can appear. Samples take their numbers
 * before they can be seen, so whoever stores some at this moment is waited for; nobody waits for us.
 * @throws FlaggingError `ERR_FLAGGING_STORE` where somebody stores samples in one transaction for a minute
 */
export async function exportBound(database: Database): Promise<number> {
  const [last] = await database.query<{ seq: number | null }>(
    `select max(seq) as seq from ${database.schema}.samples`,
  )
  let writers = await writersOf(database)
  const until = performance.now() + LONGEST_MS
  while (writers.length > 0) {
    if (performance.now() > until) {
      const message = 'Somebody has been storing samples in one transaction for a minute: try again'
      throw new FlaggingError('ERR_FLAGGING_STORE', message)
    }
    await later(POLL_MS)
    const still = new Set(await writersOf(database))
    writers = writers.filter((one) => still.has(one))
  }
  return last?.seq ?? 0
}

/** The transactions that may have stored samples: each has taken this lock before its first number. */
async function writersOf(database: Database): Promise<string[]> {
  const rows = await database.query<{ one: string }>(
    `select virtualtransaction as one from pg_locks
      where locktype = 'relation' and granted and mode = 'RowExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())
        and relation = $1::regclass`,
    [`${database.schema}.samples`],
  )
  return rows.map(({ one }) => one)
}
