import { isWellFormed } from '../well-formed.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const E = 0x65
const LOWER_CASE = 0x20
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
/** The letters of `true`, `false` and `null`. */
const WORDS = 'aeflnrstu'

/** The escapes that `JSON.stringify` writes; a `\u` it writes for few characters alone. */
const ESCAPES = '"\\bfnrt'
/** Digits of a number that is written as it was read, whatever they are. */
const EXACT_DIGITS = 15
/** Digits behind the point of a number that is not written with an exponent. */
const PLAIN_DECIMALS = 6
const DEEPEST = 100

/**
 * How many members the objects in JSON text have, where `JSON.stringify` would write its value just
 * so: without blanks, with numbers and strings in their shortest form, and no key that is a number,
 * for such keys come first. `undefined` where a glance does not tell. Text that is no valid JSON gives
 * numbers without meaning.
 */
export function canonicalMembers(text: string): number | undefined {
  // A lone surrogate is written as an escape.
  if (!isWellFormed(text)) return undefined
  const ends = new StringEnds(text)
  let members = 0
  let depth = 0
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = ends.after(at + 1)
      if (end === -1) return undefined
      const isKey = text.charCodeAt(end + 1) === COLON
      if (isKey && isDigit(text.charCodeAt(at + 1))) return undefined
      if (isKey) members++
      at = isKey ? end + 2 : end + 1
    } else if (code === MINUS || isDigit(code)) {
      at = numberEnd(text, at)
      if (at === -1) return undefined
    } else {
      if (code === OPEN_OBJECT || code === OPEN_LIST) depth++
      else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--
      else if (code !== COMMA && !WORDS.includes(text.charAt(at))) return undefined
      if (depth > DEEPEST) return undefined
      at++
    }
  }
  return members
}

/** So many characters are looked at one by one: what looks for one at a time takes its time to begin. */
const FEW = 32

/** Where the strings in a text end. */
class StringEnds {
  readonly #text: string
  /** The next ones behind what was looked for last. */
  #quote = -1
  #backslash = -1

  constructor(text: string) {
    this.#text = text
  }

  /** The place of the quote that closes a string; -1 where it holds what is escaped in other ways too. */
  after(from: number): number {
    const text = this.#text
    const near = Math.min(from + FEW, text.length)
    let at = from
    for (; at < near; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) return at
      if (code === BACKSLASH && !ESCAPES.includes(text.charAt(++at))) return -1
    }
    return this.#far(at)
  }

  #far(from: number): number {
    const text = this.#text
    for (let at = from; ; at = this.#backslash + 2) {
      if (this.#quote < at) this.#quote = placeOf('"', text, at)
      if (this.#backslash < at) this.#backslash = placeOf('\\', text, at)
      if (this.#quote < this.#backslash) return this.#quote
      const isEscape = this.#backslash < text.length
      if (!isEscape || !ESCAPES.includes(text.charAt(this.#backslash + 1))) return -1
    }
  }
}

/** Where a sign is found; the end of the text where it is not. */
function placeOf(sign: string, text: string, from: number): number {
  const at = text.indexOf(sign, from)
  return at === -1 ? text.length : at
}

/** Where a number ends; -1 where it may be written in another way. */
function numberEnd(text: string, start: number): number {
  const from = text.charCodeAt(start) === MINUS ? start + 1 : start
  let end = digitsEnd(text, from)
  if (text.charCodeAt(end) === DOT) {
    const point = end
    end = digitsEnd(text, point + 1)
    if (end - point - 1 > PLAIN_DECIMALS || text.charCodeAt(end - 1) === ZERO) return -1
  } else if (from > start && text.charCodeAt(from) === ZERO) {
    // `-0` is written as `0`.
    return -1
  }
  const isExponent = (text.charCodeAt(end) | LOWER_CASE) === E
  return isExponent || end - from > EXACT_DIGITS ? -1 : end
}

function digitsEnd(text: string, from: number): number {
  let end = from
  while (isDigit(text.charCodeAt(end))) end++
  return end
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}
