import { linear } from './scale.ts'
import { element, label, picture } from './svg.ts'

/** One bar of a chart. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** What stands beside it. */
  readonly text: string
  readonly isOurs: boolean
}

const WIDTH = 720
const LEFT = 236
const RIGHT = WIDTH - 96
const TOP = 78
const PITCH = 30

/** A chart of what some things cost, side by side. */
export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const across = linear(
    bars.map(({ value }) => value),
    LEFT,
    RIGHT,
  )
  const height = TOP + bars.length * PITCH + 46
  const bottom = TOP + bars.length * PITCH
  return picture({ width: WIDTH, height }, title, subtitle, [
    ...across.ticks.flatMap((value) => {
      const x = across.at(value)
      const shown = value.toLocaleString('en', { maximumSignificantDigits: 3 })
      return [
        element('line', { class: 'grid', x1: x, x2: x, y1: TOP - 6, y2: bottom }),
        label(x, bottom + 20, shown, { class: 'quiet', 'text-anchor': 'middle' }),
      ]
    }),
    ...bars.flatMap((bar, nth) => drawn(bar, TOP + nth * PITCH, across.at)),
    element('line', { class: 'axis', x1: LEFT, x2: LEFT, y1: TOP - 6, y2: bottom }),
  ])
}

function drawn(bar: Bar, y: number, at: (value: number) => number): string[] {
  const { name, value, text, isOurs } = bar
  const middle = y + PITCH / 2 - 4
  const weight = isOurs ? 'strong' : ''
  return [
    label(LEFT - 10, middle + 4, name, { class: weight, 'text-anchor': 'end' }),
    element('rect', {
      class: isOurs ? 'bar ours' : 'bar',
      x: LEFT,
      y,
      width: Math.max(1, at(value) - LEFT),
      height: PITCH - 9,
      rx: 2,
    }),
    label(Math.max(at(value), LEFT) + 8, middle + 4, text, { class: weight }),
  ]
}
