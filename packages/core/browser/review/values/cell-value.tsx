import type { JSX } from 'preact'
import type { Cell } from '../contract.ts'
import { openWhole } from '../navigating.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { confidencesOf } from './confidences.ts'
import { JSONTree } from './json-tree.tsx'
import { LabelBars } from './label-bars.tsx'
import { PlainText } from './plain-text.tsx'
import { StoredFiles } from './stored-files.tsx'

interface CellValueProps {
  readonly cell: Cell
  /** Whether long values are being fetched. */
  readonly isBusy: boolean
  /** Whether they were asked for. */
  readonly isWhole: boolean
}

/** What a cell holds, in the form that shows it best. */
export function CellValue({ cell, isBusy, isWhole }: CellValueProps): JSX.Element {
  const { label, type, value } = cell
  if (value.kind === 'files') return <StoredFiles files={value.files} label={label} />
  if (value.kind === 'missing') return <p class="problem">{TEXTS.fileGone}</p>
  if (value.kind === 'cut') return <CutText {...value} isBusy={isBusy} />
  return <JSONValue type={type} value={value.value} isWhole={isWhole} />
}

interface JSONValueProps {
  readonly type: string
  readonly value: unknown
  readonly isWhole: boolean
}

/** A JSON value: text, a number, bars, or a tree. */
export function JSONValue({ type, value, isWhole }: JSONValueProps): JSX.Element {
  if (value === null || value === undefined || value === '') {
    return <p class="hint">{TEXTS.empty}</p>
  }
  if (typeof value === 'string') return <PlainText text={value} startsWhole={isWhole} />
  if (typeof value !== 'object') return <code>{JSON.stringify(value)}</code>
  const scores = confidencesOf(type, value)
  return scores ? <LabelBars scores={scores} /> : <JSONTree value={value} />
}

interface CutTextProps {
  readonly text: string
  readonly length: number
  readonly isBusy: boolean
}

function CutText({ text, length, isBusy }: CutTextProps): JSX.Element {
  const review = useReview()
  return (
    <>
      <PlainText text={text} startsWhole={text.length < length} />
      {text.length < length && (
        <button
          type="button"
          class="small"
          aria-disabled={isBusy}
          onClick={() => !isBusy && void openWhole(review)}
        >
          {isBusy ? TEXTS.loading : TEXTS.showWhole(length)}
        </button>
      )}
    </>
  )
}
