import type { DatasetMarks } from './marks.ts'
import { readRow } from './read-row.ts'
import { type ReviewLog, type ReviewPlace, withLog } from './review-log.ts'
import type { ReviewSample } from './review-sample.ts'

/** A row that was found, and the log that it is in. */
export interface FoundIn {
  readonly log: ReviewLog
  readonly start: number
  readonly end: number
}

/** The samples of rows that were found, in the same order; each log is opened once. */
export async function readFound(
  place: ReviewPlace,
  found: readonly FoundIn[],
  marksOf: (log: ReviewLog) => DatasetMarks,
  longest: number,
  told: (notice: string) => void,
): Promise<ReviewSample[]> {
  const samples = new Map<FoundIn, ReviewSample>()
  for (const log of new Set(found.map((row) => row.log))) {
    await withLog(place, log, told, async (open) => {
      for (const row of found) {
        if (row.log !== log) continue
        samples.set(row, await readRow(log, open, marksOf(log), row, longest))
      }
    })
  }
  return found.flatMap((row) => samples.get(row) ?? [])
}
