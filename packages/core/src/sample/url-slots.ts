import type { RedactRules } from '../capture/decoded.ts'
import { REDACTED } from '../capture/redact-rules.ts'
import { Redactor } from '../capture/redactor.ts'
import type { Slot } from './slot.ts'

/** What an address holds, by name; a repeated name holds a list. */
export interface UrlSlots {
  readonly slots: ReadonlyMap<string, Slot>
  /** Whether there were more values than allowed. */
  readonly truncated: boolean
}

/**
 * The values of a query.
 * @param most values that are kept
 */
export function querySlots(url: string, redact: RedactRules, most: number): UrlSlots {
  const at = url.indexOf('?')
  return at === -1 ? NONE : urlSlots(new URLSearchParams(url.slice(at + 1)), redact, most)
}

/** The values of route parameters. */
export function paramSlots(
  params: Readonly<Record<string, unknown>>,
  redact: RedactRules,
  most: number,
): UrlSlots {
  const pairs = Object.entries(params)
  return pairs.length === 0 ? NONE : urlSlots(pairs, redact, most)
}

const NONE: UrlSlots = { slots: new Map(), truncated: false }

function urlSlots(
  pairs: Iterable<readonly [string, unknown]>,
  redact: RedactRules,
  most: number,
): UrlSlots {
  const values = new Map<string, string | string[]>()
  const redactor = Redactor.of(redact)
  let count = 0
  for (const [name, value] of pairs) {
    if (value === undefined) continue
    if (++count > most) break
    // A wildcard of Express 5 holds its segments as a list.
    const text = Array.isArray(value) ? value.join('/') : `${value as string}`
    const safe = redactor.text(text, name)
    const before = values.get(name)
    if (Array.isArray(before)) before.push(safe)
    else values.set(name, before === undefined ? safe : [before, safe])
  }
  if (values.size === 0) return NONE
  const slots = new Map<string, Slot>()
  for (const [name, value] of values) {
    slots.set(name, redactor.hidesField(name) ? { value: REDACTED } : { value, spelled: true })
  }
  return { slots, truncated: count > most }
}
