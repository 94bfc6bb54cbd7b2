import { isWellFormed } from '../well-formed.ts'
import { stringifyJSON } from '../capture/stringify-json.ts'
import type { JSONValue } from '../sample/flag-value.ts'

/**
 * How the strings of a column are told from its other values.
 * - `any`: a cell that reads as JSON is that value, so a string of that form is marked.
 * - `text`: every value is a string, as in typed text components, headers and columns of our own.
 */
export type CellMode = 'any' | 'text'

/** What a cell depends on beside its value. */
export interface CellOptions {
  /** Whether the file has no other column: an empty cell would be an empty line. */
  readonly onlyColumn?: boolean | undefined
}

/** {@link CellOptions} of a cell to be written. */
export interface EncodeCellOptions extends CellOptions {
  /** The exact JSON text to write for a value that is no string. */
  readonly json?: string | undefined
}

/** What a cell says. A path is only a claim: whether it is a file of ours is for the reader to see. */
export type DecodedCell =
  | { readonly kind: 'value'; readonly value: JSONValue }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'files'; readonly paths: string[] }

/** The parts of a stored path: `im/7.png`, or `im/7-1.png` where `k` is 1. */
export interface StoredPath {
  readonly folder: string
  readonly n: number
  readonly k: number | undefined
  readonly ext: string
}

/** The form of the paths that file cells hold: a folder, a number, and a plain extension. */
export const STORED_PATH: RegExp =
  /^([^./\\\0-\x1f\x7f][^/\\\0-\x1f\x7f]{0,254})\/(0|[1-9]\d{0,14})(?:-(0|[1-9]\d{0,14}))?\.([a-z0-9]{1,16})$/

const STRICT_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const NOT_BLANK = /[^\p{White_Space}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u
const TRIGGER = /[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]/

/**
 * The cell of a value. Whatever the value, the cell is no formula, and {@link decodeCell} with the
 * same mode gives the value back; in `text` mode, a value that is no string comes back as JSON text.
 */
export function encodeCell(
  value: JSONValue,
  mode: CellMode,
  options: EncodeCellOptions = {},
): string {
  const onlyColumn = options.onlyColumn === true
  if (typeof value === 'string') return encodeText(value, mode, onlyColumn)
  const text = options.json ?? stringifyJSON(value)
  if (text === 'null') return onlyColumn ? 'null' : ''
  if (mode === 'text') return encodeText(text, mode, onlyColumn)
  return isPathList(text) ? `[ ${text.slice(1)}` : text
}

/** What a cell says. Accepts whatever stands there: what cannot be read is the text that it is. */
export function decodeCell(cell: string, mode: CellMode, options: CellOptions = {}): DecodedCell {
  if (cell === '') return { kind: 'value', value: null }
  if (cell === 'null' && (mode === 'any' || options.onlyColumn === true)) {
    return { kind: 'value', value: null }
  }
  if (cell.startsWith("'")) return { kind: 'value', value: cell.slice(1) }
  if (cell.startsWith('"')) {
    const text = parseJSON(cell)
    return { kind: 'value', value: typeof text === 'string' ? text : cell }
  }
  if (isStoredPath(cell)) return { kind: 'file', path: cell }
  const paths = readPathList(cell)
  if (paths !== undefined) return { kind: 'files', paths }
  if (mode === 'text') return { kind: 'value', value: cell }
  return { kind: 'value', value: readJSON(cell) ?? cell }
}

/** The cell of stored files: a bare path, or a compact JSON list of several; empty for none. */
export function fileCell(paths: readonly string[]): string {
  return paths.length > 1 ? JSON.stringify(paths) : (paths[0] ?? '')
}

/** Takes a stored path apart; `undefined` if it has not the form of one. */
export function parseStoredPath(path: string): StoredPath | undefined {
  const [, folder, n, k, ext] = STORED_PATH.exec(path) ?? []
  if (folder === undefined || n === undefined || ext === undefined) return undefined
  return { folder, n: Number(n), k: k === undefined ? undefined : Number(k), ext }
}

/**
 * Whether a spreadsheet could take a text for a formula, or drop what stands before one. Negative
 * numbers count.
 */
function startsFormula(text: string): boolean {
  const first = text.search(NOT_BLANK)
  return TRIGGER.test(first === -1 ? text : text.slice(0, first + 1))
}

function encodeText(text: string, mode: CellMode, onlyColumn: boolean): string {
  if (text === '' || text.includes('\0') || !isWellFormed(text)) return JSON.stringify(text)
  return needsMark(text, mode, onlyColumn) ? `'${text}` : text
}

function needsMark(text: string, mode: CellMode, onlyColumn: boolean): boolean {
  if (text.startsWith("'") || text.startsWith('"') || isStoredPath(text)) return true
  if (mode === 'any') return text === 'null' || readJSON(text) !== undefined || startsFormula(text)
  if ((onlyColumn && text === 'null') || isPathList(text)) return true
  return startsFormula(text) && !STRICT_NUMBER.test(text)
}

function isStoredPath(text: string): boolean {
  // Most texts have no `/`, and the pattern looks through all of one to see that.
  return text.length < 320 && text.includes('/') && STORED_PATH.test(text)
}

function isPathList(text: string): boolean {
  return readPathList(text) !== undefined
}

/** The paths of a list as {@link fileCell} writes it: two or more, and no blank at its start. */
function readPathList(text: string): string[] | undefined {
  if (!text.startsWith('["') || !text.endsWith('"]')) return undefined
  const list = parseJSON(text)
  if (!Array.isArray(list) || list.length < 2) return undefined
  const items: readonly unknown[] = list
  return items.every((item) => typeof item === 'string' && isStoredPath(item))
    ? (list as string[])
    : undefined
}

/** The value of a bare cell that is JSON other than a string or `null`. */
function readJSON(text: string): JSONValue | undefined {
  const first = text.charAt(0)
  const last = text.charAt(text.length - 1)
  if ((first === '{' && last === '}') || (first === '[' && last === ']')) return parseJSON(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return STRICT_NUMBER.test(text) ? Number(text) : undefined
}

function parseJSON(text: string): JSONValue | undefined {
  try {
    return JSON.parse(text) as JSONValue
  } catch {
    return undefined
  }
}
