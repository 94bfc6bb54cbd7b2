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
  compare('client', plain(bare.client), plain(subject.client), found)
  compare('app', plain(bare.seen), plain(subject.seen), found)
  compare('faults', plain(bare.faults), plain(subject.faults), found)
  return found
}

function compare(path: string, a: unknown, b: unknown, found: string[]): void {
  if (Object.is(a, b)) return
  if (isBranch(a) && isBranch(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    for (const key of keys) compare(`${path}.${key}`, a[key], b[key], found)
  } else found.push(`${path}: ${show(a)} became ${show(b)}`)
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** As it would come over a wire: `undefined`, getters and classes play no part. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
