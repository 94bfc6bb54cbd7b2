import { unescape } from 'node:querystring'
import type { Datum } from './decoded.ts'
import { REDACTED } from './redact-rules.ts'
import type { Redactor } from './redactor.ts'

/** The fields of a form in the order of their names' first appearance. */
export interface Form {
  readonly entries: readonly (readonly [name: string, datum: Datum])[]
  /** Whether there were more fields than allowed. */
  readonly truncated: boolean
}

/**
 * Reads `a=1&b=2`. Repeated names hold a list. Broken percent escapes stay as they are, or become
 * U+FFFD where they are no UTF-8; no input throws. Brackets in names have no meaning.
 * @param most values that are kept
 */
export function parseForm(text: string, redactor: Redactor, most: number): Form {
  const values = new Map<string, string[]>()
  let kept = 0
  for (const [from, to] of pairs(text)) {
    if (kept++ === most) return { entries: entriesOf(values), truncated: true }
    const { name, value: raw } = splitPair(text.slice(from, to))
    const value = redactor.hidesField(name) ? REDACTED : redactor.text(decodePart(raw), name)
    const list = values.get(name)
    if (list) list.push(value)
    else values.set(name, [value])
  }
  return { entries: entriesOf(values), truncated: false }
}

/** The text of a broken or cut-off form with hidden values replaced, otherwise as it came. */
export function redactForm(text: string, redactor: Redactor): string {
  if (!redactor.active) return text
  let redacted = ''
  let copied = 0
  for (const [from, to] of pairs(text)) {
    const { name, value } = splitPair(text.slice(from, to))
    if (value === '' || !redactor.hidesField(name)) continue
    redacted += text.slice(copied, to - value.length) + REDACTED
    copied = to
  }
  return redacted + text.slice(copied)
}

/** Where the pairs of a form lie, empty ones left out. */
function* pairs(text: string): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < text.length;) {
    const next = text.indexOf('&', from)
    const to = next === -1 ? text.length : next
    if (to > from) yield [from, to]
    from = to + 1
  }
}

function splitPair(pair: string): { readonly name: string; readonly value: string } {
  const equals = pair.indexOf('=')
  if (equals === -1) return { name: decodePart(pair), value: '' }
  return { name: decodePart(pair.slice(0, equals)), value: pair.slice(equals + 1) }
}

function decodePart(raw: string): string {
  const text = raw.includes('+') ? withBlanks(raw) : raw
  return text.includes('%') ? unescape(text) : text
}

const PLUS = 0x2b
const BLANK = 0x20

/** Blanks for plus signs. */
function withBlanks(text: string): string {
  if (text.length <= SHORT) return text.replaceAll('+', ' ')
  // `replaceAll` makes a string of each piece between two signs, and no deadline can stop it.
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === PLUS) bytes[at] = BLANK
  return bytes.toString()
}

const SHORT = 4096

function entriesOf(values: ReadonlyMap<string, string[]>): Form['entries'] {
  return [...values].map(([name, list]) => [
    name,
    { value: list.length === 1 ? (list[0] as string) : list },
  ])
}
