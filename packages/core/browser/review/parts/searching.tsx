import type { JSX } from 'preact'
import { stopSearching } from '../listing.ts'
import { useReview } from '../review.ts'
import type { Listing } from '../state.ts'
import { TEXTS } from '../texts.ts'

/** How far a search is, and a way to stop it. */
export function Searching({ listing }: { readonly listing: Listing }): JSX.Element {
  const review = useReview()
  const { searched } = listing
  return (
    <p class="searching">
      <span class="hint">{searched === 0 ? TEXTS.loading : TEXTS.searching(searched)}</span>
      {searched > 0 && (
        <button type="button" class="small" onClick={() => stopSearching(review)}>
          {TEXTS.stop}
        </button>
      )}
    </p>
  )
}
