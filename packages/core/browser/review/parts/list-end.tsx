import type { JSX } from 'preact'
import { isMoreBelow, showMore } from '../listing.ts'
import { reasonOf, useReview } from '../review.ts'
import type { Listing } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { useSight } from './in-sight.ts'
import { Problem } from './problem.tsx'
import { Searching } from './searching.tsx'

/** The end of the list: how the search goes, and how it goes on. */
export function ListEnd({ listing }: { readonly listing: Listing }): JSX.Element {
  const review = useReview()
  const { stage, failure, samples, next } = listing
  const sight = useSight<HTMLDivElement>((isInSight) => {
    // After a failure, or where somebody stopped it, a search goes on only when asked to.
    if (isInSight && stage === 'idle' && samples.length > 0) showMore(review)
  }, `${stage} ${samples.length} ${listing.first}`)
  const isMore = next !== null || isMoreBelow(listing)
  return (
    <div class="list-end" ref={sight}>
      {stage === 'busy' && !listing.isOld && <Searching listing={listing} />}
      {failure && <Problem text={reasonOf(failure)} onRetry={() => showMore(review)} />}
      {(stage === 'idle' || stage === 'stopped') && isMore && (
        <button type="button" onClick={() => showMore(review)}>
          {stage === 'stopped' ? TEXTS.searchOn : TEXTS.more}
        </button>
      )}
      {stage === 'idle' && !isMore && samples.length > 0 && <p class="hint">{TEXTS.end}</p>}
    </div>
  )
}
