import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { TEXTS } from '../texts.ts'
import { Bar } from '../values/bar.tsx'
import { Line } from '../values/plain-text.tsx'

const FEW = 6

/** Something to filter by. */
export interface Choice {
  readonly value: string
  readonly text: string
  /** How many samples it would find, where that is known. */
  readonly count?: number | undefined
}

interface FacetProps {
  readonly name: string
  readonly choices: readonly Choice[]
  readonly chosen: string | undefined
  readonly onChoose: (value: string | undefined) => void
}

/** A chart of how many samples there are of each kind; a click on a bar filters, a second one undoes it. */
export function Facet({ name, choices, chosen, onChoose }: FacetProps): JSX.Element | null {
  const [isAll, showAll] = useState(false)
  const all = withChosen(choices, chosen)
  // One kind alone is no choice.
  if (all.length < 2 && chosen === undefined) return null
  const most = Math.max(1, ...all.map(({ count }) => count ?? 0))
  const shown = isAll ? all : all.filter(({ value }, n) => n < FEW || value === chosen)
  return (
    <fieldset class="facet">
      <legend>{name}</legend>
      <ul>
        {shown.map(({ value, text, count }) => (
          <li key={value}>
            <button
              type="button"
              aria-pressed={value === chosen}
              onClick={() => onChoose(value === chosen ? undefined : value)}
            >
              <Line text={text} />
              {count !== undefined && <span class="number">{TEXTS.number(count)}</span>}
              {count !== undefined && <Bar share={count / most} />}
            </button>
          </li>
        ))}
      </ul>
      {all.length > FEW && (
        <button type="button" class="small" onClick={() => showAll(!isAll)}>
          {isAll ? TEXTS.showFewer : TEXTS.showAll(all.length)}
        </button>
      )}
    </fieldset>
  )
}

/** What is chosen can be undone even where nothing was found for it. */
function withChosen(choices: readonly Choice[], chosen: string | undefined): readonly Choice[] {
  if (chosen === undefined || choices.some(({ value }) => value === chosen)) return choices
  return [...choices, { value: chosen, text: chosen }]
}
