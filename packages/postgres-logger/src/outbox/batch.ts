import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReadSample } from './segment-reader.ts'
import type { Segment } from './segment.ts'

/** A sample that is to be sent. */
export interface Sending extends ReadSample {
  readonly segment: Segment
}

const MAX_ROWS = 500
const MAX_WEIGHT = 4 * 1024 * 1024
/** They are uploaded before the rows are stored; if that fails, all of them once more. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** What may be read without letting anybody else have a turn. */
const TURN_MS = 2

/**
 * Reads the samples that are to be sent next, oldest segment first; none where nothing waits. A segment
 * that cannot be read keeps no other from being sent; it rejects where nothing else waits.
 */
export async function nextBatch(segments: readonly Segment[]): Promise<Sending[]> {
  const batch: Sending[] = []
  let failure: { readonly error: unknown } | undefined
  let weight = 0
  let fileBytes = 0
  let since = performance.now()
  for (const segment of segments) {
    for (;;) {
      const isFull = batch.length >= MAX_ROWS || weight >= MAX_WEIGHT
      if (isFull || fileBytes >= MAX_FILE_BYTES) return batch
      let sample: ReadSample | undefined
      try {
        sample = await segment.next()
      } catch (error) {
        failure ??= { error }
      }
      if (sample === undefined) break
      batch.push({ ...sample, segment })
      weight += sample.weight
      fileBytes += sample.fileBytes
      if (performance.now() - since < TURN_MS) continue
      await nextTurn()
      since = performance.now()
    }
  }
  if (batch.length === 0 && failure !== undefined) throw failure.error
  return batch
}
