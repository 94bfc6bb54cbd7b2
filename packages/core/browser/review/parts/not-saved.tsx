import type { JSX } from 'preact'
import { forget, isNote, markAgain } from '../marking.ts'
import { show } from '../navigating.ts'
import { focusOn, reasonOf, useReview } from '../review.ts'
import type { Saving, State } from '../state.ts'
import { TEXTS } from '../texts.ts'

/** What could not be saved, wherever the reviewer is by now. */
export function NotSaved({ state }: { readonly state: State }): JSX.Element {
  const { savings, noting } = state
  // The form of a note that is being written says so itself.
  const failed = savings.filter(
    ({ failure, key, change }) => failure !== undefined && !(isNote(change) && key === noting),
  )
  return (
    <div class="not-saved" role="alert">
      {failed.map((saving) => (
        <Failed key={`${saving.key} ${isNote(saving.change)}`} saving={saving} />
      ))}
    </div>
  )
}

function Failed({ saving }: { readonly saving: Saving }): JSX.Element {
  const review = useReview()
  const { key, change, failure } = saving
  const what = isNote(change) ? TEXTS.theNote : TEXTS.theMark
  return (
    <div class="notice problem">
      <p>{failure && TEXTS.notSavedOf(what, reasonOf(failure))}</p>
      <button type="button" class="small" onClick={() => void markAgain(review, saving)}>
        {TEXTS.retry}
      </button>
      <button
        type="button"
        class="small"
        onClick={() => {
          show(review, { sample: key })
          focusOn(review, 'sample')
        }}
      >
        {TEXTS.show}
      </button>
      <button type="button" class="small" onClick={() => forget(review, saving)}>
        {TEXTS.dismiss}
      </button>
    </div>
  )
}
