import type { Database } from '../database/database.ts'
import { CHANGES_MS } from './changes.ts'
import type { NewestCursor } from './cursor.ts'
import { kindConditions, timesOf } from './filter-sql.ts'
import { type DatasetFacts, type Look, samplesIn } from './look.ts'
import type { Place } from './order.ts'
import { PLACE, type PlaceRow, placeOf, timeConditions, where } from './place-sql.ts'
import type { Sought } from './search.ts'
import { cameInSince } from './snapshot.ts'
import { SQLValues } from './sql-values.ts'
import type { TimeParts } from './time-parts.ts'
import { isTooLong } from './too-long.ts'

/** How long what came in may be looked for. */
const PATIENCE_MS = 2000

/**
 * The places of samples that came in since an earlier look, the newest first; `undefined` where the list
 * must be asked for from its start: samples were deleted, or too many came in.
 * @param now what there is now; what comes in later is not given
 * @param datasets the datasets that are meant
 */
export async function placesSince(
  database: Database,
  timeline: TimeParts,
  sought: Sought,
  before: NewestCursor,
  now: Look,
  datasets: readonly DatasetFacts[],
  limit: number,
): Promise<readonly Place[] | undefined> {
  if (await hasGone(database, before, now, datasets)) return undefined
  if (samplesIn(datasets) === before.samples) return []
  const places: Place[] = []
  for (const part of timeline.of(timesOf(sought.filter))) {
    const values = new SQLValues()
    const conditions = [
      ...timeConditions(values, part),
      cameInSince(values, before.snapshot, now.snapshot, 'stored_at'),
      ...kindConditions(values, sought),
      ...(sought.words?.(values) ?? []),
    ]
    // By themselves: for a few of the newest, every row of a partition would be looked at.
    const text = `with came as materialized (
        select id, at, duration from ${database.schema}.samples ${where(conditions)}
      ) select ${PLACE} from came order by at desc, id desc limit ${limit + 1}`
    try {
      const rows = await database.query<PlaceRow>(text, values.all, { timeoutMs: PATIENCE_MS })
      places.push(...rows.map(placeOf))
    } catch (error) {
      if (!isTooLong(error)) throw error
      return undefined
    }
  }
  if (places.length > limit) return undefined
  return places.toSorted((a, b) => sought.order.compare(a, b))
}

async function hasGone(
  database: Database,
  { snapshot }: NewestCursor,
  now: Look,
  datasets: readonly DatasetFacts[],
): Promise<boolean> {
  // What was changed is not known for longer.
  if (now.snapshot.at - snapshot.at > CHANGES_MS) return true
  const values = new SQLValues()
  const since = cameInSince(values, snapshot, now.snapshot, 'changed_at')
  const ids = values.put(
    datasets.map(({ id }) => id),
    'integer[]',
  )
  const found = await database.query(
    `select from ${database.schema}.changes
      where ${since} and is_reviewed is null and dataset = any(${ids}) limit 1`,
    values.all,
  )
  return found.length > 0
}
