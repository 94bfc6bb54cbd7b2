import { count } from './counting.ts'
import { search } from './listing.ts'
import { openNamed } from './navigating.ts'
import { type Review, noteFailure } from './review.ts'

/** Asks for all that the page shows; once more after a failure. */
export async function start(review: Review): Promise<void> {
  review.store.set({ failure: undefined })
  try {
    const about = await review.api.about(AbortSignal.timeout(30_000))
    review.store.set({ about })
  } catch (error) {
    review.store.set({ failure: noteFailure(review, error) })
    return
  }
  if (review.store.state.opened?.sample === undefined) openNamed(review)
  await Promise.all([search(review), count(review)])
}
