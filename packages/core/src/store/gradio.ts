import type { JSONValue } from '../sample/flag-value.ts'
import type { FileSystem } from './file-system.ts'
import { claimedFiles, findGradioFiles } from './gradio-files.ts'
import {
  type CellReader,
  type LogColumn,
  type Side,
  askedType,
  sidesOf,
  uniqueLabels,
} from './log-column.ts'
import type { Asked } from './read-options.ts'

// The rule by which Gradio puts a `'` in front of a text.
const STARTS_UNSAFE = /^[=+\-@\t\n]/
const HOLDS_UNSAFE = /,[=+\-@\t\n]/

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?\d+$/
const FIRST_OUTPUT = /^output(?: 0)?$/i

/** Gradio's columns behind the components, and ours that say the same. */
const DETAILS: readonly (readonly [theirs: string, ours: string])[] = [
  ['flag', 'flag_option'],
  ['username', 'username'],
  ['timestamp', 'timestamp'],
]

/** The header of chat logs names a column `value` that no row has. */
const CHAT_HEADER = 'conversation,index,value,flag,timestamp'
const CHAT_LABELS = ['conversation', 'index', 'flag', 'timestamp']

/** Whether the first record of a log is a header of Gradio's: it ends in a time. */
export function isGradioHeader(first: readonly string[]): boolean {
  return first.length > 1 && first.at(-1) === 'timestamp'
}

/** The labels in a header of Gradio's. */
export function gradioLabels(header: readonly string[]): string[] {
  if (header.join(',') === CHAT_HEADER) return CHAT_LABELS
  // `CSVLogger` escapes its labels twice.
  return header.map((cell) => unescaped(unescaped(cell)))
}

/** How the columns of a log of Gradio's are read; a log without header has components alone. */
export function gradioColumns(
  labels: readonly string[],
  hasHeader: boolean,
  asked: Asked,
  fs: FileSystem,
  dir: string,
): LogColumn[] {
  const own = labels.slice(labels.length - (hasHeader ? tailLength(labels) : 0))
  const values = uniqueLabels(labels.slice(0, labels.length - own.length))
  const firstOutput = values.findIndex((label) => FIRST_OUTPUT.test(label))
  const sides = sidesOf(values, asked, (_label, index): Side =>
    firstOutput !== -1 && index >= firstOutput ? 'outputs' : 'inputs',
  )
  const columns = values.map((label, index): LogColumn => {
    const type = askedType(label, asked)
    const read = type === 'text' ? readText : valueReader(labels[index] ?? label, fs, dir)
    return { label, part: sides[index], read, type }
  })
  const details = own.map((label): LogColumn => {
    return { label: ourName(label), part: 'details', read: readText }
  })
  return [...columns, ...details]
}

/** Undoes Gradio's escape, where it is one: not every text that starts with a `'` was given it. */
function unescaped(cell: string): string {
  const rest = cell.startsWith("'") ? cell.slice(1) : ''
  return STARTS_UNSAFE.test(rest) || HOLDS_UNSAFE.test(rest) ? rest : cell
}

function readText(cell: string): string | null {
  return cell === '' ? null : unescaped(cell)
}

function valueReader(label: string, fs: FileSystem, dir: string): CellReader {
  return (cell) => {
    if (cell === '') return null
    const value = untyped(unescaped(cell))
    const claims = claimedFiles(value, label)
    return claims === undefined ? value : findGradioFiles(fs, dir, value, claims)
  }
}

/** Gradio writes what is no text as JSON; a text that looks like it cannot be told from it. */
function untyped(text: string): JSONValue {
  const isJSON =
    /^(?:\{[^]*\}|\[[^]*\]|true|false|null)$/.test(text) || (NUMBER.test(text) && isExact(text))
  if (!isJSON) return text
  try {
    return JSON.parse(text) as JSONValue
  } catch {
    return text
  }
}

/** Whether a number has no digits to lose: Python's integers have as many as it takes. */
function isExact(text: string): boolean {
  return INTEGER.test(text) ? Number.isSafeInteger(Number(text)) : Number.isFinite(Number(text))
}

/** How many labels at the end are no components; a time is the last of them, if there are any. */
function tailLength(labels: readonly string[]): number {
  let length = 0
  for (const [theirs] of isGradioHeader(labels) ? DETAILS.toReversed() : []) {
    if (length < labels.length - 1 && labels.at(-1 - length) === theirs) length++
  }
  return length
}

function ourName(label: string): string {
  return DETAILS.find(([theirs]) => theirs === label)?.[1] ?? label
}
