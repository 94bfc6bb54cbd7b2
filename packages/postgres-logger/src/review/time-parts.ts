import type { Micros } from './micros.ts'

/** A stretch of time: from a moment on, and up to before another one; `undefined` is without end. */
export interface TimeRange {
  readonly from: Micros | undefined
  readonly to: Micros | undefined
}

/** Whether a moment is of a stretch of time. */
export function isWithin(at: Micros, { from, to }: TimeRange): boolean {
  return (from === undefined || at >= from) && (to === undefined || at < to)
}

/** A partition, by what it holds. */
export interface Span extends TimeRange {
  readonly name: string
}

/** So many partitions the first statement looks at, and so many the later ones at most. */
const FIRST_FEW = 2
const MOST = 16

/** The partitions that there are, in their order. */
export class TimeParts {
  readonly #spans: readonly Span[]

  constructor(spans: readonly Span[]) {
    this.#spans = spans.toSorted((a, b) => (startsBefore(a, b) ? -1 : 1))
  }

  get names(): readonly string[] {
    return this.#spans.map(({ name }) => name)
  }

  /**
   * A stretch of time in parts that hold a few partitions each: together they hold everything of it,
   * also what lies in no partition of its own.
   * @param from where to begin; then the first parts hold fewer. Without it, all parts are as large as
   * may be
   */
  of(range: TimeRange, from?: 'newest' | 'oldest'): readonly TimeRange[] {
    const spans = this.#spans.filter((span) => overlaps(span, range))
    const first = from === undefined ? MOST : FIRST_FEW
    return from === 'newest' ? partsBack(spans, range, first) : partsOn(spans, range, first)
  }
}

function startsBefore(a: TimeRange, b: TimeRange): boolean {
  return a.from === undefined || (b.from !== undefined && a.from < b.from)
}

function overlaps(a: TimeRange, b: TimeRange): boolean {
  const startsWithin = (one: TimeRange, other: TimeRange) =>
    one.from === undefined || other.to === undefined || one.from < other.to
  return startsWithin(a, b) && startsWithin(b, a)
}

function partsOn(spans: readonly Span[], range: TimeRange, first: number): TimeRange[] {
  const parts: TimeRange[] = []
  let { from } = range
  let size = first
  for (let at = 0; at + size < spans.length; at += size, size = Math.min(size * 2, MOST)) {
    const { to } = spans[at + size - 1] as Span
    parts.push({ from, to })
    from = to
  }
  return [...parts, { from, to: range.to }]
}

function partsBack(spans: readonly Span[], range: TimeRange, first: number): TimeRange[] {
  const parts: TimeRange[] = []
  let { to } = range
  let size = first
  for (let at = spans.length; at - size > 0; at -= size, size = Math.min(size * 2, MOST)) {
    const { from } = spans[at - size] as Span
    parts.push({ from, to })
    to = from
  }
  return [...parts, { from: range.from, to }]
}
