import { microsOf } from './micros.ts'
import type { Place } from './order.ts'
import type { SQLValues } from './sql-values.ts'
import type { TimeRange } from './time-parts.ts'

/** What a statement gives of rows whose places are asked for. None of it is called as a column is. */
export const PLACE: string = `id, duration, ${microsOf('at')} as micros`

/** A row of {@link PLACE}. */
export interface PlaceRow {
  readonly id: string
  readonly micros: string
  readonly duration: number | null
}

/** The place of a row. */
export function placeOf({ id, micros, duration }: PlaceRow): Place {
  return { id, at: BigInt(micros), duration }
}

/** What says of rows that they are of a stretch of time. */
export function timeConditions(values: SQLValues, { from, to }: TimeRange): string[] {
  return [
    ...(from === undefined ? [] : [`at >= ${values.time(from)}`]),
    ...(to === undefined ? [] : [`at < ${values.time(to)}`]),
  ]
}

/** `where`, and what must be true of rows; nothing where nothing must. */
export function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
}
