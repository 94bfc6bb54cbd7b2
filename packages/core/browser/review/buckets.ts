import { dayOf, daysAfter } from './view.ts'

/** The most bars that a chart over time has. */
const MOST = 60

/** A bar of the chart over time. */
export interface Bucket {
  /** `2026-11-22`, `2026-11` or `2026`. */
  readonly name: string
  readonly count: number
  /** Its first day. */
  readonly from: string
  /** The day after its last one. */
  readonly to: string
}

/** Puts days or months into bars without gaps: of days, or else of months, or else of years. */
export function bucketsOf(
  days: readonly { readonly day: string; readonly count: number }[],
): readonly Bucket[] {
  const known = days.filter(({ day }) => dayOf(day) ?? dayOf(`${day}-01`))
  const [first, last] = [known[0]?.day, known.at(-1)?.day]
  if (first === undefined || last === undefined) return []
  for (const length of [10, 7]) {
    if (first.length < length || last.length < length) continue
    const names = namesFrom(first.slice(0, length), last.slice(0, length))
    if (names !== undefined) return filled(names, known)
  }
  // Of a log of more years than there is room for, the latest.
  const years = Number(last.slice(0, 4)) - Number(first.slice(0, 4))
  const start = Number(last.slice(0, 4)) - Math.min(years, MOST - 1)
  return filled(
    Array.from({ length: Math.min(years, MOST - 1) + 1 }, (_, n) => `${start + n}`),
    known,
  )
}

/** All names from one to another; `undefined` if there are too many. */
function namesFrom(first: string, last: string): readonly string[] | undefined {
  const names: string[] = []
  for (let name = first; name <= last; name = after(name)) {
    if (names.length === MOST) return undefined
    names.push(name)
  }
  return names
}

function after(name: string): string {
  if (name.length === 10) return daysAfter(name, 1)
  if (name.length === 7) return daysAfter(`${name}-01`, 31).slice(0, 7)
  return String(Number(name) + 1).padStart(4, '0')
}

function filled(
  names: readonly string[],
  days: readonly { readonly day: string; readonly count: number }[],
): readonly Bucket[] {
  const counts = new Map(names.map((name) => [name, 0]))
  const length = names[0]?.length ?? 0
  for (const { day, count } of days) {
    const name = day.slice(0, length)
    if (counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  const rest = '-01-01'
  return names.map((name) => ({
    name,
    count: counts.get(name) ?? 0,
    from: name + rest.slice(name.length - 4),
    to: after(name) + rest.slice(name.length - 4),
  }))
}
