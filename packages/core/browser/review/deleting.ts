import type { ReviewSample } from './contract.ts'
import { count } from './counting.ts'
import { changeSamples } from './listing.ts'
import { show } from './navigating.ts'
import { type Review, focusOn, noteFailure, say } from './review.ts'
import { TEXTS } from './texts.ts'

/** The most samples that one request deletes. */
const AT_ONCE = 1000

/** Asks whether the selected samples, or else the open one, shall be deleted. */
export function askToDelete(review: Review): void {
  const { about, chosen, listing, opened } = review.store.state
  if (about?.canEdit !== true) return
  const meant =
    chosen.size > 0
      ? listing.samples.filter(({ key }) => chosen.has(key))
      : opened?.sample
        ? [opened.sample]
        : []
  if (meant.some(({ canDelete }) => canDelete)) askToDeleteThese(review, meant)
  else if (meant.length > 0) say(review, TEXTS.cannotDelete)
}

/** Asks whether samples shall be deleted. */
export function askToDeleteThese(review: Review, samples: readonly ReviewSample[]): void {
  review.store.set({ deleting: { samples, isBusy: false, failure: undefined } })
}

/** Leaves them as they are. */
export function keep(review: Review): void {
  if (review.store.state.deleting?.isBusy !== true) review.store.set({ deleting: undefined })
}

/** Deletes what was asked about. */
export async function deleteForGood(review: Review): Promise<void> {
  const { deleting } = review.store.state
  if (deleting === undefined || deleting.isBusy) return
  const keys = deleting.samples.filter(({ canDelete }) => canDelete).map(({ key }) => key)
  review.store.set({ deleting: { ...deleting, isBusy: true, failure: undefined } })
  try {
    let deleted = 0
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const some = keys.slice(at, at + AT_ONCE)
      deleted += await review.api.remove(some)
      leaveOut(review, new Set(some))
    }
    review.store.set({ deleting: undefined })
    say(review, TEXTS.deleted(deleted))
    focusOn(review, 'row')
  } catch (error) {
    const failure = noteFailure(review, error)
    review.store.set({ deleting: { ...deleting, isBusy: false, failure } })
  }
  void count(review)
}

/** Takes samples that are gone out of what is shown; opens the next one where the open one is gone. */
function leaveOut(review: Review, keys: ReadonlySet<string>): void {
  const { listing, opened, chosen, last } = review.store.state
  const after = neighbourOf(listing.samples, last, keys)
  changeSamples(review, (sample) => (keys.has(sample.key) ? undefined : sample))
  for (const key of keys) review.drafts.delete(key)
  review.store.set(({ savings }) => ({
    chosen: new Set([...chosen].filter((key) => !keys.has(key))),
    savings: savings.filter(({ key }) => !keys.has(key)),
    ...(last !== undefined && keys.has(last) && { last: after?.key }),
  }))
  if (opened !== undefined && keys.has(opened.key)) show(review, { sample: after?.key }, false)
}

/** The sample that follows a deleted one, or else the one before it. */
function neighbourOf(
  samples: readonly ReviewSample[],
  key: string | undefined,
  gone: ReadonlySet<string>,
): ReviewSample | undefined {
  const at = samples.findIndex((sample) => sample.key === key)
  if (at === -1) return undefined
  const stays = (sample: ReviewSample) => !gone.has(sample.key)
  return samples.slice(at).find(stays) ?? samples.slice(0, at).findLast(stays)
}
