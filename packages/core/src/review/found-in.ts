import type { DatasetMarks } from './marks.ts'
import type { OpenLog } from '../store/open-log.ts'
import { readRow } from './read-row.ts'
import { type ReviewLog, type ReviewPlace, withLog } from './review-log.ts'
import type { ReviewSample } from './review-sample.ts'
import { LONGEST_LISTED } from './review-value.ts'

/** A row that was found, and the log that it is in. */
export interface FoundIn {
  readonly log: ReviewLog
  readonly start: number
  readonly end: number
}

/**
 * The samples of rows that were found, in the same order; each log is opened once.
 * @param whole whether values are given whole; else long ones are cut
 */
export async function readFound(
  place: ReviewPlace,
  found: readonly FoundIn[],
  marksOf: (log: ReviewLog) => DatasetMarks,
  whole: boolean,
  told: (notice: string) => void,
): Promise<ReviewSample[]> {
  const samples = new Map<FoundIn, ReviewSample>()
  for (const log of new Set(found.map((row) => row.log))) {
    const use = async (open: OpenLog): Promise<void> => {
      for (const row of found) {
        if (row.log !== log) continue
        samples.set(
          row,
          await readRow(log, open, marksOf(log), row, whole ? Infinity : LONGEST_LISTED),
        )
      }
    }
    await withLog(place, log, told, use, whole)
  }
  return found.flatMap((row) => samples.get(row) ?? [])
}
