import type { JSX } from 'preact'
import { forget, isNote, markAgain } from '../marking.ts'
import { show } from '../navigating.ts'
import { focusOn, reasonOf, useReview } from '../review.ts'
import type { Saving } from '../state.ts'
import { TEXTS } from '../texts.ts'

/** What could not be saved, wherever the reviewer is by now. */
export function NotSaved({ savings }: { readonly savings: readonly Saving[] }): JSX.Element | null {
  const failed = savings.filter(({ failure }) => failure !== undefined)
  if (failed.length === 0) return null
  return (
    <ul class="not-saved" role="alert">
      {failed.map((saving) => (
        <Failed key={saving.key} saving={saving} />
      ))}
    </ul>
  )
}

function Failed({ saving }: { readonly saving: Saving }): JSX.Element {
  const review = useReview()
  const { key, change, failure } = saving
  const what = isNote(change) ? TEXTS.theNote : TEXTS.theMark
  return (
    <li class="notice problem">
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
    </li>
  )
}
