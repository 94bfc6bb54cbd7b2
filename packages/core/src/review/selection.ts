import { FlaggingError } from '../errors.ts'
import type { ReviewFilter } from './review-filter.ts'
import type { ReviewSample } from './review-sample.ts'
import type { ReviewReader } from './review-store.ts'

/** Samples that are in memory at once: each of their values may be a hundred thousand characters. */
const AT_ONCE = 20

/** The samples of a selection with whole values, oldest first. */
export async function* selected(
  store: ReviewReader,
  filter: ReviewFilter,
): AsyncGenerator<ReviewSample, void, undefined> {
  const query = { filter, sort: 'oldest', limit: AT_ONCE, whole: true } as const
  let cursor: string | undefined
  for (;;) {
    const { samples, next } = await store.page({ ...query, cursor })
    yield* samples
    if (next === null) return
    cursor = next
  }
}

/** The samples of keys with whole values, in the order of the keys; less those that are gone. */
export async function* chosen(
  store: ReviewReader,
  keys: readonly string[],
): AsyncGenerator<ReviewSample, void, undefined> {
  for (const key of keys) {
    try {
      yield await store.sample(key, true)
    } catch (error) {
      if (!(error instanceof FlaggingError) || error.code !== 'ERR_FLAGGING_NOT_FOUND') throw error
    }
  }
}
