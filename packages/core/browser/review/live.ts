import { count } from './counting.ts'
import { createLatest } from './latest.ts'
import { takeFresh } from './listing.ts'
import { resync } from './resync.ts'
import { type Review, noteFailure } from './review.ts'
import { filterQuery } from './view.ts'

const EVERY_MS = 2_000
/** After a failure. */
const LATER_MS = 5_000

/** Looks for new samples again and again, while the page can be seen. */
export function keepLooking(review: Review): void {
  const looking = createLatest()
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = async () => {
    clearTimeout(timer)
    const signal = looking.start()
    if (document.visibilityState === 'hidden') return
    const pause = await lookOnce(review, signal)
    if (!signal.aborted) timer = setTimeout(() => void look(), pause)
  }
  document.addEventListener('visibilitychange', () => void look())
  timer = setTimeout(() => void look(), EVERY_MS)
}

async function lookOnce(review: Review, signal: AbortSignal): Promise<number> {
  const { failure, notLive, tally } = review.store.state
  // Somebody who is refused is not asked for again and again.
  if (failure) return EVERY_MS
  try {
    const isMore = await lookForNew(review, signal)
    if (notLive) review.store.set({ notLive: undefined })
    // Counts that take longer than the pause would never come to their end.
    if (isMore && tally.isBusy !== true) void count(review)
    return EVERY_MS
  } catch (error) {
    if (!signal.aborted) review.store.set({ notLive: noteFailure(review, error) })
    return LATER_MS
  }
}

/** Looks for what came in since; gives whether there was any. */
async function lookForNew(review: Review, signal: AbortSignal): Promise<boolean> {
  const { listing, view } = review.store.state
  if (listing.newest === undefined || listing.isOld) return false
  const query = filterQuery(view)
  query.set('after', listing.newest)
  const page = await review.api.samples(query, signal)
  // Another search may have begun meanwhile.
  if (signal.aborted || review.store.state.listing.newest !== listing.newest) return false
  if (page.reset === true) await resync(review, signal)
  else takeFresh(review, page)
  return page.reset === true || page.samples.length > 0
}
