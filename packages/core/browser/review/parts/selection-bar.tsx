import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { askToDelete } from '../deleting.ts'
import { useReview } from '../review.ts'
import { chooseAll, chooseNone } from '../selecting.ts'
import type { State } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { DownloadMenu } from './download-menu.tsx'

/** What can be done with the samples that are selected; with none selected, with all. */
export function SelectionBar({ state }: { readonly state: State }): JSX.Element | null {
  const review = useReview()
  const { about, chosen, listing, view } = state
  const box = useRef<HTMLInputElement>(null)
  const isSome = chosen.size > 0 && chosen.size < listing.samples.length
  useEffect(() => {
    if (box.current) box.current.indeterminate = isSome
  }, [isSome])
  if (listing.samples.length === 0) return null
  return (
    <div class="selection">
      <label class="choice">
        <input
          type="checkbox"
          ref={box}
          aria-label={TEXTS.selectAll}
          checked={chosen.size > 0 && !isSome}
          onClick={() => chooseAll(review)}
        />
      </label>
      <p>{chosen.size > 0 ? TEXTS.chosen(chosen.size) : TEXTS.shown(listing.samples.length)}</p>
      {chosen.size > 0 && (
        <button type="button" class="small" onClick={() => chooseNone(review)}>
          {TEXTS.clearChosen}
        </button>
      )}
      {chosen.size > 0 && about?.canEdit && (
        <button type="button" class="small danger" onClick={() => askToDelete(review)}>
          {TEXTS.deleteChosen(chosen.size)}
        </button>
      )}
      <DownloadMenu view={view} keys={[...chosen]} />
    </div>
  )
}
