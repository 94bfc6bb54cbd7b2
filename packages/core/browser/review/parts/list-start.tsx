import type { JSX } from 'preact'
import { showEarlier } from '../listing.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { useSight } from './in-sight.ts'

/** The beginning of the list: whether it is in sight, and those before it that are not in the document. */
export function ListStart({ first }: { readonly first: number }): JSX.Element {
  const review = useReview()
  const show = () => {
    // Browsers keep what is read in its place, except at the very beginning.
    const list = sight.current?.closest('.list')
    if (list?.scrollTop === 0) list.scrollTop = 1
    showEarlier(review)
  }
  const sight = useSight<HTMLDivElement>((isInSight) => {
    review.isAtTop = isInSight && first === 0
    if (isInSight && first > 0) show()
  }, String(first))
  return (
    <div class="list-start" ref={sight}>
      {first > 0 && (
        <button type="button" class="small" onClick={show}>
          {TEXTS.earlier}
        </button>
      )}
    </div>
  )
}
