import type { JSX } from 'preact'
import { showEarlier } from '../listing.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { useSight } from './in-sight.ts'

/** The beginning of the list: whether it is in sight, and those before it that are not in the document. */
export function ListStart({ first }: { readonly first: number }): JSX.Element {
  const review = useReview()
  const sight = useSight<HTMLDivElement>((isInSight) => {
    review.isAtTop = isInSight
    if (isInSight && first > 0) showEarlier(review)
  })
  return (
    <div class="list-start" ref={sight}>
      {first > 0 && (
        <button type="button" class="small" onClick={() => showEarlier(review)}>
          {TEXTS.earlier}
        </button>
      )}
    </div>
  )
}
