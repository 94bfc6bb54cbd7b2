import type { CellMode } from './cells.ts'

const QUOTE = 0x22
const MARK = 0x27
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const BRACKET = 0x5b
const F = 0x66
const N = 0x6e
const T = 0x74
const BRACE = 0x7b
/** So many digits are exact in a number, and so is the power of ten that they are divided by. */
const MAX_DIGITS = 15

/**
 * What a cell says, told by its first characters; `undefined` where it takes `decodeCell` to know.
 * The cell stands in a larger text and has no `/`: with one, it may be the path of a file.
 */
export function bareValue(
  text: string,
  from: number,
  to: number,
  mode: CellMode,
): string | number | null | undefined {
  if (from === to) return null
  const first = text.charCodeAt(from)
  if (first === QUOTE || first === MARK || first === BRACKET) return undefined
  // `null` is none in a file of one column, whatever its mode.
  if (first === N && to - from === 4) return undefined
  if (mode === 'text') return text.slice(from, to)
  if (first === MINUS || (first >= ZERO && first <= NINE)) return bareNumber(text, from, to)
  if (first === BRACE || first === T || first === F) return undefined
  return text.slice(from, to)
}

/** A number without exponent; `undefined` where it is none, or has more digits than can be counted. */
function bareNumber(text: string, from: number, to: number): number | undefined {
  const isNegative = text.charCodeAt(from) === MINUS
  let at = isNegative ? from + 1 : from
  if (to - at > MAX_DIGITS) return undefined
  let digit = text.charCodeAt(at) - ZERO
  if (at === to || digit < 0 || digit > 9) return undefined
  let value = digit
  at++
  for (; value > 0 && at < to; at++) {
    digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (at < to) {
    const scaled = withFraction(text, at, to, value)
    if (scaled === undefined) return undefined
    value = scaled
  }
  return isNegative ? -value : value
}

function withFraction(text: string, from: number, to: number, whole: number): number | undefined {
  if (text.charCodeAt(from) !== POINT || from + 1 === to) return undefined
  let value = whole
  let scale = 1
  for (let at = from + 1; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
    scale *= 10
  }
  // Both are exact, so that the quotient is rounded once, as the text of the number is.
  return value / scale
}
