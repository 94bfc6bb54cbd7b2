import type { JSX } from 'preact'
import { bucketsOf } from '../buckets.ts'
import type { Counts } from '../contract.ts'
import { filter } from '../navigating.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { type View, dayOf, daysAfter } from '../view.ts'
import { TimeChart } from './time-chart.tsx'

interface TimeFacetProps {
  readonly days: Counts['days']
  readonly view: View
}

/** When the samples were flagged: a chart, and the days between which to look. */
export function TimeFacet({ days, view }: TimeFacetProps): JSX.Element | null {
  const review = useReview()
  const { from, to } = view
  const buckets = bucketsOf(days)
  if (buckets.length === 0 && from === undefined && to === undefined) return null
  return (
    <fieldset class="facet time">
      <legend>{TEXTS.time}</legend>
      {buckets.length > 1 && <TimeChart buckets={buckets} from={from} to={to} />}
      <div class="days">
        <label>
          {TEXTS.from}
          <input
            type="date"
            value={from ?? ''}
            max={to === undefined ? undefined : daysAfter(to, -1)}
            onChange={({ currentTarget: { value } }) => filter(review, { from: dayOf(value) })}
          />
        </label>
        <label>
          {TEXTS.until}
          <input
            type="date"
            value={to === undefined ? '' : daysAfter(to, -1)}
            min={from}
            onChange={({ currentTarget: { value } }) => {
              const day = dayOf(value)
              filter(review, { to: day === undefined ? undefined : daysAfter(day, 1) })
            }}
          />
        </label>
      </div>
      <p class="hint">{TEXTS.timeHint}</p>
    </fieldset>
  )
}
