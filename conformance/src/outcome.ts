import type { Shown } from './server-handle.ts'

/** What became of a probe once: what the client got, and what the app and its process have shown. */
export interface Outcome extends Shown {
  readonly client: unknown
  /** What the subject has kept; `undefined` where it does not tell. */
  readonly kept: Buffer | undefined
}

/** Says in words where two outcomes differ; empty where they agree. */
export function differences(bare: Outcome, subject: Outcome): string[] {
  const found: string[] = []
  if (typeof bare.client === 'string' && bare.client.startsWith('failed: ')) {
    found.push(`the probe fails by itself, on the bare app: ${bare.client}`)
  }
  compare('client', plain(bare.client), plain(subject.client), found)
  compareNotes(bare.seen, subject.seen, found)
  compare('faults', plain(bare.faults), plain(subject.faults), found)
  return found
}

/** Notes come one after the other, each with its name. */
function compareNotes(a: Outcome['seen'], b: Outcome['seen'], found: string[]): void {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [one, other] = [a[at], b[at]]
    if (one && other && one[0] === other[0]) {
      compare(`app: ${one[0]}`, plain(one[1]), plain(other[1]), found)
    } else {
      // All that follows is another story.
      found.push(`app: ${show(one?.[0])} became ${show(other?.[0])}`)
      return
    }
  }
}

function compare(path: string, a: unknown, b: unknown, found: string[]): void {
  if (Object.is(a, b)) return
  if (arePairs(a) && arePairs(b)) compareHeaders(path, a, b, found)
  else if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    for (const key of keys) compare(`${path}.${key}`, a[key], b[key], found)
  } else {
    const from = whereApart(a, b)
    found.push(`${path}: ${show(a, from)} became ${show(b, from)}`)
  }
}

type Pairs = readonly (readonly [name: string, value: string])[]

/** By name, so that one that is added or gone is told as such, and not as a change of all others. */
function compareHeaders(path: string, a: Pairs, b: Pairs, found: string[]): void {
  const before = found.length
  compare(path, byName(a), byName(b), found)
  if (found.length === before && JSON.stringify(a) !== JSON.stringify(b)) {
    found.push(`${path}: the same in another order`)
  }
}

function byName(pairs: Pairs): Record<string, unknown> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value])
  return Object.fromEntries(
    [...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]),
  )
}

function arePairs(value: unknown): value is Pairs {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (one) => Array.isArray(one) && one.length === 2 && one.every((s) => typeof s === 'string'),
    )
  )
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** As it would come over a wire: `undefined`, getters and classes play no part. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

/** Shortly before the place from which on two texts are not the same. */
function whereApart(a: unknown, b: unknown): number {
  if (typeof a !== 'string' || typeof b !== 'string') return 0
  if (a.length < 100 && b.length < 100) return 0
  let at = 0
  while (a[at] === b[at] && at < a.length) at++
  return Math.max(0, at - 20)
}

function show(value: unknown, from = 0): string {
  const text = JSON.stringify(typeof value === 'string' ? value.slice(from) : value) ?? 'nothing'
  const short = text.length > 120 ? `${text.slice(0, 117)}...` : text
  return from > 0 ? `...${short}` : short
}
