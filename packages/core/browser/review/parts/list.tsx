import type { JSX } from 'preact'
import type { Listing, State } from '../state.ts'
import { showFresh, shownOf } from '../listing.ts'
import { focusOn, reasonOf, useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { isFiltered } from '../view.ts'
import { Chips } from './chips.tsx'
import { ListEnd } from './list-end.tsx'
import { ListStart } from './list-start.tsx'
import { Row } from './row.tsx'
import { Searching } from './searching.tsx'
import { SelectionBar } from './selection-bar.tsx'

/** The samples that were found. */
export function List({ state }: { readonly state: State }): JSX.Element {
  const { listing, view, chosen, opened, last, notLive } = state
  return (
    <section class="list" aria-labelledby="list-title">
      <div class="list-head">
        <h2 id="list-title" tabIndex={-1} data-place="list">
          {TEXTS.list}
        </h2>
        <Fresh listing={listing} />
        <Chips view={view} />
        {listing.stage === 'busy' && listing.isOld && <Searching listing={listing} />}
        <SelectionBar state={state} />
        {notLive && <p class="hint">{TEXTS.notLive(reasonOf(notLive))}</p>}
      </div>
      <ListStart first={listing.first} />
      <ol class="rows" aria-busy={listing.isOld} start={listing.first + 1}>
        {shownOf(listing).map(({ name, sample }) => (
          <Row
            key={name}
            sample={sample}
            isOpen={sample.key === opened?.key}
            isLast={sample.key === last}
            isChosen={chosen.has(sample.key)}
          />
        ))}
      </ol>
      {isEmpty(listing) && <Nothing isFiltered={isFiltered(view)} />}
      <ListEnd listing={listing} />
    </section>
  )
}

function isEmpty({ samples, stage, next, isOld }: Listing): boolean {
  return samples.length === 0 && stage === 'idle' && next === null && !isOld
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }): JSX.Element {
  return (
    <div class="nothing">
      <p>{isFiltered ? TEXTS.nothingMatches : TEXTS.nothing}</p>
      {!isFiltered && <p class="hint">{TEXTS.nothingHint}</p>}
    </div>
  )
}

/** Tells of samples that came in and would move what is being read. */
function Fresh({ listing }: { readonly listing: Listing }): JSX.Element | null {
  const review = useReview()
  if (listing.fresh.length === 0) return null
  return (
    <button
      type="button"
      class="fresh"
      onClick={() => {
        showFresh(review)
        focusOn(review, 'list')
      }}
    >
      {TEXTS.fresh(listing.fresh.length)}
    </button>
  )
}
