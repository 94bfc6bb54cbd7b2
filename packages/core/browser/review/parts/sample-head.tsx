import type { JSX } from 'preact'
import { askToDeleteThese } from '../deleting.ts'
import { toggleReviewed } from '../keys.ts'
import { savingOf } from '../marking.ts'
import { close, step } from '../navigating.ts'
import { useReview } from '../review.ts'
import type { Opened, State } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { datasetName } from '../values/formats.ts'
import { Line } from '../values/plain-text.tsx'

interface SampleHeadProps {
  readonly state: State
  readonly opened: Opened
}

/** What the open sample is, and what can be done with it. */
export function SampleHead({ state, opened }: SampleHeadProps): JSX.Element {
  const review = useReview()
  const { sample } = opened
  const name = sample?.endpoint ?? (sample && datasetName(sample.dataset))
  return (
    <div class="sample-head">
      <h2 id="sample-title" tabIndex={-1} data-place="sample">
        {TEXTS.sample}
        {name !== undefined && (
          <span class="hint">
            {' '}
            <Line text={name} />
          </span>
        )}
        {sample?.option != null && (
          <span class="reason">
            {' '}
            <Line text={sample.option} />
          </span>
        )}
      </h2>
      <div class="steps">
        <button type="button" onClick={() => step(review, -1)}>
          {TEXTS.previous}
        </button>
        <button type="button" onClick={() => step(review, 1)}>
          {TEXTS.next}
        </button>
        <button type="button" onClick={() => close(review)}>
          {TEXTS.close}
        </button>
      </div>
      {state.about?.canEdit && sample && <Actions state={state} opened={opened} />}
    </div>
  )
}

function Actions({ state, opened }: SampleHeadProps): JSX.Element | null {
  const review = useReview()
  const { sample } = opened
  if (sample === undefined) return null
  const saving = savingOf(state.savings, sample.key, 'mark')
  const isSaving = saving !== undefined && saving.failure === undefined
  return (
    <div class="actions">
      <button
        type="button"
        class="run"
        aria-pressed={sample.review?.reviewed === true}
        aria-disabled={isSaving}
        onClick={() => !isSaving && toggleReviewed(review, false)}
      >
        {sample.review?.reviewed === true ? TEXTS.reviewed : TEXTS.markReviewed}
      </button>
      <button
        type="button"
        class="danger"
        disabled={!sample.canDelete}
        onClick={() => askToDeleteThese(review, [sample])}
      >
        {TEXTS.delete}
      </button>
      {isSaving && <span class="hint">{TEXTS.saving}</span>}
      {!sample.canDelete && <span class="hint">{TEXTS.cannotDelete}</span>}
    </div>
  )
}
