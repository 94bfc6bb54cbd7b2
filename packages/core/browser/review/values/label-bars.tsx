import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { TEXTS } from '../texts.ts'
import { Bar } from './bar.tsx'
import type { Confidence } from './confidences.ts'
import { Line } from './plain-text.tsx'

const FEW = 10

/** How sure a classifier was of each label. */
export function LabelBars({ scores }: { readonly scores: readonly Confidence[] }): JSX.Element {
  const [isAll, showAll] = useState(scores.length <= FEW)
  return (
    <>
      <ul class="scores">
        {(isAll ? scores : scores.slice(0, FEW)).map(({ label, share }, n) => (
          <li key={n}>
            <Line text={label} />
            <Bar share={share} />
            <span class="number">{TEXTS.percent(share)}</span>
          </li>
        ))}
      </ul>
      {!isAll && (
        <button type="button" class="small" onClick={() => showAll(true)}>
          {TEXTS.showAll(scores.length)}
        </button>
      )}
    </>
  )
}
