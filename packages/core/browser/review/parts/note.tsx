import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { ReviewSample } from '../contract.ts'
import { writeNote } from '../keys.ts'
import { mark, savingOf } from '../marking.ts'
import { focusOn, reasonOf, useReview } from '../review.ts'
import type { State } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { PlainText } from '../values/plain-text.tsx'

interface NoteProps {
  readonly state: State
  readonly sample: ReviewSample
}

/** The note of a sample: read, or being written. */
export function Note({ state, sample }: NoteProps): JSX.Element | null {
  const review = useReview()
  const note = sample.review?.note ?? ''
  const canEdit = state.about?.canEdit === true
  if (!canEdit && note === '') return null
  const isWriting = canEdit && state.noting === sample.key
  return (
    <div class="part note">
      <h3>{TEXTS.note}</h3>
      {isWriting ? (
        <NoteForm state={state} sample={sample} note={note} />
      ) : (
        note !== '' && <PlainText text={note} />
      )}
      {canEdit && !isWriting && (
        <p>
          <button
            type="button"
            class="small"
            data-place="note-button"
            onClick={() => writeNote(review)}
          >
            {note === '' ? TEXTS.addNote : TEXTS.editNote}
          </button>{' '}
          {state.noted === sample.key && <span class="hint">{TEXTS.saved}</span>}
        </p>
      )}
    </div>
  )
}

function NoteForm({ state, sample, note }: NoteProps & { readonly note: string }): JSX.Element {
  const review = useReview()
  const { key } = sample
  const hint = useId()
  const [text, write] = useState(review.drafts.get(key) ?? note)
  const saving = savingOf(state.savings, key, 'note')
  const isSaving = saving !== undefined && saving.failure === undefined
  const leave = () => {
    review.store.set({ noting: undefined })
    focusOn(review, 'note-button')
  }
  const save = async () => {
    if (isSaving) return
    const isSaved = await mark(review, key, { note: text.trim() === '' ? null : text })
    if (!isSaved) return
    review.drafts.delete(key)
    // Somebody may be somewhere else by now.
    if (review.store.state.noting !== key) return
    review.store.set({ noted: key })
    leave()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
        else if (event.key === 'Escape') leave()
        else return
        event.preventDefault()
      }}
    >
      <textarea
        aria-label={TEXTS.note}
        aria-describedby={hint}
        data-place="note"
        dir="auto"
        rows={3}
        maxLength={10_000}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          write(value)
          review.drafts.set(key, value)
        }}
      />
      <div class="actions">
        <button class="run small" aria-disabled={isSaving}>
          {TEXTS.save}
        </button>
        <button
          type="button"
          class="small"
          onClick={() => {
            review.drafts.delete(key)
            leave()
          }}
        >
          {TEXTS.cancel}
        </button>
        <span id={hint} class="hint">
          {isSaving ? TEXTS.saving : TEXTS.noteHint}
        </span>
      </div>
      {saving?.failure && (
        <p class="problem" role="alert">
          {TEXTS.notSaved(reasonOf(saving.failure))}
        </p>
      )}
    </form>
  )
}
