import { Fragment, type JSX } from 'preact'
import type { Cell, ReviewSample } from '../contract.ts'
import { openWhole, openNamed } from '../navigating.ts'
import { reasonOf, useReview } from '../review.ts'
import { contentOf } from '../row-identity.ts'
import type { Opened, State } from '../state.ts'
import { TEXTS } from '../texts.ts'
import { CellValue, JSONValue } from '../values/cell-value.tsx'
import { Line, PlainText } from '../values/plain-text.tsx'
import { Facts } from './facts.tsx'
import { Note } from './note.tsx'
import { Problem } from './problem.tsx'
import { SampleHead } from './sample-head.tsx'

/** The sample that is open, whole. */
export function Sample({ state }: { readonly state: State }): JSX.Element {
  const review = useReview()
  const { opened } = state
  if (opened === undefined) {
    return (
      <section class="sample is-closed" aria-label={TEXTS.sample}>
        <p class="hint">{TEXTS.noSample}</p>
      </section>
    )
  }
  const { sample, failure, isBusy } = opened
  const again = () => (sample ? void openWhole(review) : openNamed(review))
  return (
    <section class="sample" aria-labelledby="sample-title">
      <SampleHead state={state} opened={opened} />
      {failure && (
        <Problem
          text={failure.status === 404 ? TEXTS.sampleGone : reasonOf(failure)}
          {...(failure.status !== 404 && { onRetry: again })}
        />
      )}
      {isBusy && sample === undefined && <p class="hint">{TEXTS.loading}</p>}
      {sample && (
        // By what it holds: its key may change while it is read.
        <Fragment key={contentOf(sample)}>
          <Note state={state} sample={sample} />
          <Content sample={sample} opened={opened} />
        </Fragment>
      )}
    </section>
  )
}

interface ContentProps {
  readonly sample: ReviewSample
  readonly opened: Opened
}

function Content({ sample, opened }: ContentProps): JSX.Element {
  const { error, comment, correction } = sample
  return (
    <>
      {error !== undefined && <p class="problem">{TEXTS.rowError(error)}</p>}
      {comment != null && comment !== '' && (
        <Part title={TEXTS.comment}>
          <PlainText text={comment} />
        </Part>
      )}
      <Cells title={TEXTS.inputs} cells={sample.inputs} opened={opened} />
      <Cells title={TEXTS.outputs} cells={sample.outputs} opened={opened} />
      {correction != null && correction !== '' && (
        <Part title={TEXTS.correction}>
          <JSONValue type="json" value={correction} isWhole={opened.isWhole} />
        </Part>
      )}
      <Facts sample={sample} />
    </>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: JSX.Element }) {
  return (
    <div class="part">
      <h3>{title}</h3>
      {children}
    </div>
  )
}

interface CellsProps {
  readonly title: string
  readonly cells: readonly Cell[]
  readonly opened: Opened
}

function Cells({ title, cells, opened }: CellsProps): JSX.Element | null {
  if (cells.length === 0) return null
  return (
    <Part title={title}>
      <dl class="cells">
        {cells.map((cell, n) => (
          <div key={n}>
            <dt>
              <Line text={cell.label} />
            </dt>
            <dd>
              <CellValue cell={cell} isBusy={opened.isBusy} isWhole={opened.isWhole} />
            </dd>
          </div>
        ))}
      </dl>
    </Part>
  )
}
