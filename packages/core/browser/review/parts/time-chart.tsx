import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Bucket } from '../buckets.ts'
import { filter } from '../navigating.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { Bar } from '../values/bar.tsx'
import { formatBucket } from '../values/formats.ts'

interface TimeChartProps {
  readonly buckets: readonly Bucket[]
  readonly from: string | undefined
  readonly to: string | undefined
}

/** Bars over time. They are one stop for the Tab key; the arrows go from bar to bar. */
export function TimeChart({ buckets, from, to }: TimeChartProps): JSX.Element {
  const review = useReview()
  const chart = useRef<HTMLDivElement>(null)
  const [at, moveTo] = useState(Number.POSITIVE_INFINITY)
  const last = buckets.length - 1
  const current = Math.min(at, last)
  const most = Math.max(...buckets.map(({ count }) => count))
  const onKeyDown = (event: KeyboardEvent) => {
    const to = target(event.key, current, last, getComputedStyle(event.target as Element).direction)
    if (to === undefined) return
    event.preventDefault()
    moveTo(to)
    chart.current?.querySelectorAll('button')[to]?.focus()
  }
  return (
    <>
      <div
        class="chart"
        role="toolbar"
        aria-label={TEXTS.overTime}
        data-keeps-arrows=""
        ref={chart}
        onKeyDown={onKeyDown}
      >
        {buckets.map((bucket, n) => {
          const isChosen = bucket.from === from && bucket.to === to
          const text = TEXTS.bar(formatBucket(bucket.name), bucket.count)
          return (
            <button
              key={bucket.name}
              type="button"
              title={text}
              tabIndex={n === current ? 0 : -1}
              aria-label={text}
              aria-pressed={isChosen}
              onFocus={() => moveTo(n)}
              onClick={() =>
                filter(
                  review,
                  isChosen
                    ? { from: undefined, to: undefined }
                    : { from: bucket.from, to: bucket.to },
                )
              }
            >
              <Bar share={bucket.count / most} isUpright />
            </button>
          )
        })}
      </div>
      <p class="axis hint" aria-hidden="true">
        <span>{formatBucket(buckets[0]?.name ?? '')}</span>
        <span>{formatBucket(buckets[last]?.name ?? '')}</span>
      </p>
    </>
  )
}

function target(key: string, at: number, last: number, direction: string): number | undefined {
  const [on, back] = direction === 'rtl' ? [-1, 1] : [1, -1]
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: at + on,
    ArrowLeft: at + back,
    Home: 0,
    End: last,
  }
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined
  return to === undefined ? undefined : Math.max(0, Math.min(last, to))
}
