import type { CellMode } from './cells.ts'

/**
 * Text of which nothing is escaped and that starts with no sign that means anything to a spreadsheet
 * or to our reader: ASCII without control characters and without the `/` of a stored path.
 */
const SIMPLE_TEXT = /^\w[ -.0-~]*$/
/** The same where numbers are told from strings. */
const SIMPLE_WORD = /^[A-Za-z_][ -.0-~]*$/
const JSON_WORDS: ReadonlySet<string> = new Set(['null', 'true', 'false'])
/** What takes longer to look through may take the long way. */
const SHORT = 4096

/**
 * The cell that `encodeCell` gives, for the values that most cells hold: numbers, booleans, short
 * ASCII texts and nothing. `undefined` where more than a glance is needed.
 */
export function simpleCell(
  value: unknown,
  mode: CellMode,
  onlyColumn: boolean,
): string | undefined {
  if (typeof value === 'string') {
    if (value.length > SHORT || JSON_WORDS.has(value)) return undefined
    return (mode === 'text' ? SIMPLE_TEXT : SIMPLE_WORD).test(value) ? value : undefined
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined
  }
  if (typeof value === 'boolean') return String(value)
  return value === null && !onlyColumn ? '' : undefined
}
