import { type Scale, linear, logarithmic, steps } from './scale.ts'
import { element, label, picture } from './svg.ts'

/** One line of a chart. */
export interface Line {
  readonly name: string
  /** Its colour, of two. */
  readonly colour: 0 | 1
  readonly dashes: 'none' | 'long' | 'short'
  readonly points: readonly Point[]
}

/** A point with the quartiles around it. */
interface Point {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
}

/** What a chart says around its lines. */
export interface Frame {
  readonly title: string
  /** What goes up, with its unit. */
  readonly up: string
  /** What goes to the right, with its unit. */
  readonly right: string
  readonly isLogarithmic: boolean
  tick(x: number): string
}

const SIZE = { width: 720, height: 400 }
const LEFT = 76
const RIGHT = SIZE.width - 170
const TOP = 84
const BOTTOM = SIZE.height - 62
/** Pixels from one name of a line to the next, at least. */
const LINE_HEIGHT = 17

/** A chart of how something grows. */
export function lineChart(frame: Frame, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points)
  const right = steps(
    points.map(({ x }) => x),
    LEFT,
    RIGHT,
  )
  const heights = points.flatMap(({ y, high }) => [y, high])
  const up = (frame.isLogarithmic ? logarithmic : linear)(heights, BOTTOM, TOP)
  return picture(SIZE, frame.title, frame.up, [
    ...axes(frame, right, up),
    ...lines.flatMap((line) => drawn(line, right, up)),
    ...names(lines, up),
  ])
}

function axes(frame: Frame, right: Scale, up: Scale): string[] {
  const middle = (LEFT + RIGHT) / 2
  const anchor = { 'text-anchor': 'middle' }
  return [
    ...up.ticks.flatMap((value) => {
      const y = up.at(value)
      const shown = value.toLocaleString('en', { maximumSignificantDigits: 3 })
      return [
        element('line', { class: 'grid', x1: LEFT, x2: RIGHT, y1: y, y2: y }),
        label(LEFT - 10, y + 4, shown, { class: 'quiet', 'text-anchor': 'end' }),
      ]
    }),
    element('line', { class: 'axis', x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM }),
    ...right.ticks.flatMap((value) => {
      const x = right.at(value)
      return [
        element('line', { class: 'axis', x1: x, x2: x, y1: BOTTOM, y2: BOTTOM + 5 }),
        label(x, BOTTOM + 21, frame.tick(value), { class: 'quiet', ...anchor }),
      ]
    }),
    label(middle, BOTTOM + 46, frame.right, { class: 'quiet', ...anchor }),
  ]
}

function drawn({ points, colour, dashes }: Line, right: Scale, up: Scale): string[] {
  const path = points
    .map(
      ({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${right.at(x).toFixed(1)} ${up.at(y).toFixed(1)}`,
    )
    .join('')
  return [
    ...points.map(({ x, low, high }) => {
      const [at, y1, y2] = [right.at(x), up.at(low), up.at(high)]
      return element('line', { class: `spread c${colour}`, x1: at, x2: at, y1, y2 })
    }),
    element('path', { class: `line c${colour} ${dashes}`, d: path }),
    ...points.map(({ x, y }) =>
      element('circle', { class: `dot f${colour}`, cx: right.at(x), cy: up.at(y), r: 4 }),
    ),
  ]
}

/** The names of the lines, each at the end of its own, moved apart where two would meet. */
function names(lines: readonly Line[], up: Scale): string[] {
  const ends = lines
    .map(({ name, colour, points }) => ({ name, colour, y: up.at(points.at(-1)?.y ?? 0) + 4 }))
    .toSorted((a, b) => a.y - b.y)
  for (const [at, end] of ends.entries()) {
    const above = ends[at - 1]
    if (above) end.y = Math.max(end.y, above.y + LINE_HEIGHT)
  }
  let lowest = BOTTOM + 4
  for (const end of ends.toReversed()) {
    end.y = Math.min(end.y, lowest)
    lowest = end.y - LINE_HEIGHT
  }
  return ends.map(({ name, colour, y }) =>
    label(RIGHT + 12, y, name, { class: `strong f${colour}` }),
  )
}
