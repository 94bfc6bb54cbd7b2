import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { Cell, ReviewSample } from '../contract.ts'
import { isNarrow } from '../focus.ts'
import { open } from '../navigating.ts'
import { type Review, focusOn, useReview } from '../review.ts'
import { choose } from '../selecting.ts'
import { TEXTS } from '../texts.ts'
import { datasetName, formatTime, formatTimeBriefly } from '../values/formats.ts'
import { Line } from '../values/plain-text.tsx'
import { isPicture, previewOfCell } from '../values/preview.ts'
import { searchOf } from '../view.ts'

interface RowProps {
  readonly sample: ReviewSample
  readonly isOpen: boolean
  /** Whether it was the last one to be open: the focus goes back to it. */
  readonly isLast: boolean
  readonly isChosen: boolean
}

/** A sample in the list. */
export function Row({ sample, isOpen, isLast, isChosen }: RowProps): JSX.Element {
  const review = useReview()
  const id = useId()
  const { key } = sample
  const isReviewed = sample.review?.reviewed === true
  return (
    <li class={isReviewed ? 'row is-reviewed' : 'row'}>
      <label class="choice">
        <input
          type="checkbox"
          checked={isChosen}
          aria-labelledby={`${id}-select ${id}`}
          onClick={({ shiftKey }) => choose(review, key, shiftKey)}
        />
        <span id={`${id}-select`} class="unseen-text">
          {TEXTS.select}
        </span>
      </label>
      <a
        id={id}
        class="summary"
        href={location.pathname + searchOf({ ...review.store.state.view, sample: key })}
        aria-current={isOpen ? 'true' : undefined}
        data-place={isLast ? 'row' : undefined}
        onClick={(event) => follow(event, review, sample)}
      >
        <Thumbnails sample={sample} />
        <span class="values">
          <Values cells={sample.inputs} />
          <Values cells={sample.outputs} />
          {sample.error !== undefined && <Line text={TEXTS.rowError(sample.error)} />}
        </span>
        <Meta sample={sample} />
      </a>
    </li>
  )
}

function follow(event: MouseEvent, review: Review, sample: ReviewSample): void {
  // Another tab or window, as with any link.
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  open(review, sample)
  // Those who came by a key go on reading there; a mouse may go on to the next row.
  focusOn(review, event.detail === 0 || isNarrow() ? 'sample' : 'row')
}

function Values({ cells }: { readonly cells: readonly Cell[] }): JSX.Element {
  return (
    <span class="line">
      {cells.filter(isThere).map((cell) => (
        <span key={cell.column} class="value">
          <span class="hint">
            <Line text={cell.label} />{' '}
          </span>
          <Line text={previewOfCell(cell)} />{' '}
        </span>
      ))}
    </span>
  )
}

function isThere({ value }: Cell): boolean {
  return value.kind !== 'json' || value.value !== null
}

/** The first picture of the inputs, and of the outputs. */
function Thumbnails({ sample }: { readonly sample: ReviewSample }): JSX.Element | null {
  const addresses = useFirstPictures([sample.inputs, sample.outputs])
  if (addresses.length === 0) return null
  return (
    <span class="thumbnails">
      {addresses.map((address) => (
        <img key={address} src={address} alt="" loading="lazy" decoding="async" />
      ))}
    </span>
  )
}

function useFirstPictures(sides: readonly (readonly Cell[])[]): readonly string[] {
  const { api } = useReview()
  return sides.flatMap((cells) => {
    const files = cells.flatMap(({ value }) => (value.kind === 'files' ? value.files : []))
    const picture = files.find(isPicture)
    return (picture && api.fileAddress(picture.url)) ?? []
  })
}

function Meta({ sample }: { readonly sample: ReviewSample }): JSX.Element {
  const { option, dataset, username, timestamp, review } = sample
  return (
    <span class="meta">
      {option !== null && (
        <span class="reason">
          <Line text={option} />{' '}
        </span>
      )}
      {[dataset === null ? null : datasetName(dataset), username].map(
        (text, n) =>
          text !== null && (
            <span key={n}>
              <Line text={text} />{' '}
            </span>
          ),
      )}
      {review?.reviewed === true && <span class="mark is-reviewed">{TEXTS.reviewed} </span>}
      {review?.note != null && review.note !== '' && <span class="mark">{TEXTS.noted} </span>}
      {timestamp != null && (
        <time dateTime={timestamp} title={formatTime(timestamp)}>
          {formatTimeBriefly(timestamp)}
        </time>
      )}
    </span>
  )
}
