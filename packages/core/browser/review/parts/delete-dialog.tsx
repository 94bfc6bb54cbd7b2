import type { JSX } from 'preact'
import { deleteForGood, keep } from '../deleting.ts'
import { reasonOf, useReview } from '../review.ts'
import type { Deleting } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { Line } from '../values/plain-text.tsx'
import { Modal } from './modal.tsx'

/** Asks before samples are deleted, and says what goes. */
export function DeleteDialog({
  deleting,
}: {
  readonly deleting: Deleting | undefined
}): JSX.Element | null {
  return deleting === undefined ? null : <Asking deleting={deleting} />
}

function Asking({ deleting }: { readonly deleting: Deleting }): JSX.Element {
  const review = useReview()
  const { samples, isBusy, failure } = deleting
  const going = samples.filter(({ canDelete }) => canDelete)
  const staying = samples.length - going.length
  return (
    <Modal titled="delete-title" onClose={() => keep(review)}>
      <h2 id="delete-title">{TEXTS.askDelete(going.length)}</h2>
      <p>{TEXTS.deletesForGood}</p>
      <ul class="logs">
        {rowsByLog(going).map(([log, count]) => (
          <li key={log}>
            <Line text={TEXTS.deletesFrom(log, count)} />
          </li>
        ))}
      </ul>
      {staying > 0 && <p>{TEXTS.notDeletable(staying)}</p>}
      {failure && (
        <p class="problem" role="alert">
          {TEXTS.notDeleted(reasonOf(failure))}
        </p>
      )}
      <div class="actions">
        <button type="button" aria-disabled={isBusy} onClick={() => keep(review)}>
          {TEXTS.cancel}
        </button>
        <button
          type="button"
          class="danger filled"
          aria-disabled={isBusy}
          onClick={() => void deleteForGood(review)}
        >
          {isBusy ? TEXTS.deleting : failure ? TEXTS.retry : TEXTS.deleteForGood}
        </button>
      </div>
    </Modal>
  )
}

function rowsByLog(samples: Deleting['samples']): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const { dataset, log } of samples) {
    const name = dataset === null ? log : `${dataset}/${log}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
}
