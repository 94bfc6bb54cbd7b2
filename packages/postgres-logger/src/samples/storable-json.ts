import { isWellFormed } from '@flagging/core/store'
import { type Storable, storableText } from './storable-text.ts'

/** Deeper nesting is `null` in a jsonb: its parser is recursive, and so are those of its readers. */
const DEEPEST = 200
/** jsonb writes all digits of a number: one with a larger exponent is `null` there. */
const LARGEST_EXPONENT = 400
const LONGEST_NUMBER = 1000
/** So many digits may be written for the exponents in one value. */
const MOST_DIGITS = 64 * 1024

const QUOTE = 0x22
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const NUMBER = /-?[\d.]+(?:[eE][+-]?(\d+))?/y
/** Both halves of a pair; what a jsonb refuses, by its length; or any other escape. */
const ESCAPES =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u(?:0000|[dD][89a-fA-F][\da-fA-F]{2})|\\./g
const BAD_ESCAPE = String.raw`\ufffd`
const ONE_ESCAPE = BAD_ESCAPE.length

/**
 * What a jsonb holds of a JSON value, and whether JavaScript reads the same from it: it sorts keys,
 * writes numbers in its own way, and refuses NUL, halves of surrogate pairs, and what is too deep.
 * @param text valid JSON text, as `stringifyJSON` gives it where it is not `exact`
 * @param isExact whether the text itself is to be kept, whatever becomes of its value
 */
export function storableJSON(text: string, isExact = false): Storable {
  const wellFormed = isWellFormed(text) ? text : escapedSurrogates(text)
  const walk = new Walk(wellFormed)
  const held = walk.run()
  return { text: held, exact: isExact || !walk.isSame ? wellFormed : undefined }
}

/** The JSON of a string that a jsonb can hold. */
export function storableString(value: string): Storable {
  const kept = storableText(value)
  const text = JSON.stringify(kept)
  return { text, exact: kept === value ? undefined : JSON.stringify(value) }
}

/** A walk over JSON text that need not be recursive. */
class Walk {
  /** Whether a jsonb gives back the same value. */
  isSame = true
  readonly #text: string
  /** The last key of each open object that is no index, `''` before the first; of lists `undefined`. */
  readonly #open: (string | undefined)[] = []
  #pieces: string[] = []
  #copied = 0
  #digits = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): string {
    const text = this.#text
    for (let at = 0; at < text.length;) at = this.#token(at, text.charCodeAt(at))
    if (this.#copied === 0) return text
    this.#pieces.push(text.slice(this.#copied))
    return this.#pieces.join('')
  }

  #token(at: number, code: number): number {
    if (code === QUOTE) return this.#string(at)
    if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (this.#open.length === DEEPEST) return this.#replace(at, this.#closed(at), 'null')
      this.#open.push(code === OPEN_OBJECT ? '' : undefined)
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      this.#open.pop()
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      return this.#number(at)
    }
    return at + 1
  }

  #string(at: number): number {
    const text = this.#text
    const end = stringEnd(text, at)
    const raw = text.slice(at, end)
    const held = raw.includes(String.raw`\u`) ? heldString(raw) : raw
    if (held !== raw) this.#replace(at, end, held)
    const last = this.#open.at(-1)
    if (last !== undefined && text.charCodeAt(end) === COLON) this.#key(held, last)
    return end
  }

  /** Indexes come first in JavaScript, wherever they were; the others as jsonb sorts them. */
  #key(raw: string, last: string): void {
    const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1)
    if (isIndex(key)) return
    if (last !== '' && !isBefore(last, key)) this.isSame = false
    this.#open[this.#open.length - 1] = key
  }

  #number(at: number): number {
    NUMBER.lastIndex = at
    const [number = '', exponent] = NUMBER.exec(this.#text) ?? []
    const end = at + Math.max(1, number.length)
    if (number === '-0') this.isSame = false
    const digits = Number(exponent ?? 0)
    this.#digits += digits
    const isWide = digits > LARGEST_EXPONENT || this.#digits > MOST_DIGITS
    if (number.length > LONGEST_NUMBER || (digits > 0 && isWide)) {
      return this.#replace(at, end, 'null')
    }
    return end
  }

  #replace(from: number, to: number, by: string): number {
    this.isSame = false
    this.#pieces.push(this.#text.slice(this.#copied, from), by)
    this.#copied = to
    return to
  }

  /** Where what opens at a place is closed again. */
  #closed(from: number): number {
    const text = this.#text
    let depth = 0
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) at = stringEnd(text, at) - 1
      else if (code === OPEN_LIST || code === OPEN_OBJECT) depth++
      else if ((code === CLOSE_LIST || code === CLOSE_OBJECT) && --depth === 0) return at + 1
    }
    return text.length
  }
}

/** The place behind a string that starts at a place. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return text.length
    let slashes = 0
    while (text.charAt(quote - 1 - slashes) === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

function heldString(raw: string): string {
  return raw.replaceAll(ESCAPES, (escape) => (escape.length === ONE_ESCAPE ? BAD_ESCAPE : escape))
}

function escapedSurrogates(text: string): string {
  return text.replaceAll(/[\ud800-\udfff]/gu, (half) => JSON.stringify(half).slice(1, -1))
}

/** Whether jsonb puts one key before another: by their lengths in bytes, then by their bytes. */
function isBefore(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)]
  const longer = second.length - first.length
  return longer === 0 ? Buffer.compare(first, second) < 0 : longer > 0
}

/** Whether JavaScript sorts a key before all others. */
function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 0xffff_ffff
}
