import type { MarkFilter } from '@flagging/core/store'
import type { Query } from '../database/database.ts'
import { indexable } from '../samples/storable-text.ts'
import { timesOf } from './filter-sql.ts'
import { microsOf } from './micros.ts'
import type { Place } from './order.ts'
import type { Sought } from './search.ts'
import { type Snapshot, cameInSince, wasSeen } from './snapshot.ts'
import { SQLValues } from './sql-values.ts'
import { userHash } from './tally.ts'
import { isWithin } from './time-parts.ts'

/** How long what was changed is known for sure: whoever has counted earlier counts anew. */
export const CHANGES_MS = 86_400_000
/** How many changes are taken in one by one; where there are more, all is counted anew. */
const MOST_CHANGES = 10_000

/** What a sample was before it was marked or deleted, and what it is now. */
export interface Change {
  readonly place: Place
  readonly dataset: number
  readonly option: string | null
  /** What stands for its user; see `userHash`. */
  readonly user: string | null
  readonly was: Marks
  /** `undefined` where it is gone. */
  readonly is: Marks | undefined
}

/** What a reviewer said of a sample, as far as it is counted. */
interface Marks {
  readonly isReviewed: boolean
  readonly isNoted: boolean
}

interface ChangeRow {
  readonly micros: string
  readonly id: string
  readonly dataset: number
  readonly option: string | null
  readonly user: string | null
  readonly was_reviewed: boolean
  readonly was_noted: boolean
  readonly is_reviewed: boolean | null
  readonly is_noted: boolean | null
}

/**
 * What was changed between two looks of samples that could be seen at the first; `undefined` where that
 * is too much, or not known any more.
 */
export async function changesSince(
  query: Query,
  schema: string,
  before: Snapshot,
  now: Snapshot,
): Promise<readonly Change[] | undefined> {
  if (now.at - before.at > CHANGES_MS) return undefined
  const values = new SQLValues()
  const since = cameInSince(values, before, now, 'changed_at')
  const rows = await query<ChangeRow>(
    `select ${microsOf('at')} as micros, id, dataset, option, encode(user_hash, 'hex') as user,
      was_reviewed, was_noted, is_reviewed, is_noted
    from ${schema}.changes where ${since} and ${wasSeen(values, before, now, 'row_tx')}
    limit ${MOST_CHANGES + 1}`,
    values.all,
  )
  return rows.length > MOST_CHANGES ? undefined : rows.map(changeOf)
}

/** Whether a changed sample was among those that are looked for, and whether it is now. */
export function wasAndIs(change: Change, sought: Sought): readonly [was: boolean, is: boolean] {
  if (!isOfKind(change, sought)) return [false, false]
  const { marks } = sought.filter
  return [fitsMarks(change.was, marks), change.is !== undefined && fitsMarks(change.is, marks)]
}

function changeOf(row: ChangeRow): Change {
  const { id, dataset, option, user, is_reviewed: isReviewed } = row
  return {
    place: { at: BigInt(row.micros), id, duration: null },
    dataset,
    option,
    user,
    was: { isReviewed: row.was_reviewed, isNoted: row.was_noted },
    is: isReviewed === null ? undefined : { isReviewed, isNoted: row.is_noted === true },
  }
}

function isOfKind({ place, dataset, option, user }: Change, sought: Sought): boolean {
  const { filter } = sought
  if (sought.dataset !== undefined && dataset !== sought.dataset) return false
  if (!isWithin(place.at, timesOf(filter))) return false
  const isOption = filter.option === undefined || (option ?? '') === indexable(filter.option).text
  if (!isOption || filter.user === undefined) return isOption
  if (filter.user === '' && user === null) return true
  return user === userHash(indexable(filter.user).text)
}

function fitsMarks({ isReviewed, isNoted }: Marks, marks: MarkFilter | undefined): boolean {
  if (marks === undefined) return true
  return marks === 'noted' ? isNoted : isReviewed === (marks === 'reviewed')
}
