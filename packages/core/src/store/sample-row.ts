import { isWellFormed } from '../well-formed.ts'
import {
  type FlaggedFile,
  type FlagValue,
  type JSONValue,
  isFlaggedFile,
  isFlaggedFileList,
} from '../sample/flag-value.ts'
import { stringifyJSON } from '../capture/stringify-json.ts'
import { SourceFile, textSource } from './byte-source.ts'
import { encodeCell } from './cells.ts'
import type { RowLayout } from './row-layout.ts'
import { simpleCell } from './simple-cell.ts'

/** The longest text that stands in a cell: Python's `csv` reads no field of more than 131,072. */
export const MAX_CELL: number = 100_000

/** The files of one cell. */
export interface RowFiles {
  /** The position of the cell. */
  readonly column: number
  readonly files: readonly FlaggedFile[]
  /** Set for a value too large for its cell: the extension that says so. */
  readonly spilled?: 'txt' | 'json'
}

const NO_FILES: readonly RowFiles[] = []

/** A sample, ready to be written but for the number that its files get. */
export class SampleRow {
  readonly layout: RowLayout
  /** By column; those of files are filled in when their names are known. */
  readonly cells: string[] = []
  files: readonly RowFiles[] = NO_FILES
  /** Roughly how much work it is, in bytes. */
  weight = 0

  constructor(layout: RowLayout) {
    this.layout = layout
  }

  /**
   * Adds the value of the next column.
   * @param json its exact JSON text where JavaScript cannot hold it; then the value is not looked at
   */
  add(value: FlagValue, json?: string): void {
    const column = this.cells.length
    const onlyColumn = this.layout.header.length === 1
    const mode = this.layout.modes[column] ?? 'any'
    const simple = json === undefined ? simpleCell(value, mode, onlyColumn) : undefined
    if (simple !== undefined) {
      this.cells.push(simple)
      this.weight += simple.length
      return
    }
    const held = json === undefined ? filesOf(value) : undefined
    const made = held
      ? { column, files: held }
      : cellOrSpill(this.layout, column, json === undefined ? (value as JSONValue) : null, json)
    if (typeof made === 'string') {
      this.cells.push(made)
      this.weight += made.length
      return
    }
    this.cells.push('')
    this.files = [...this.files, made]
    for (const { size } of made.files) this.weight += size / 16
  }
}

function filesOf(value: FlagValue): readonly FlaggedFile[] | undefined {
  if (isFlaggedFile(value)) return [value]
  return isFlaggedFileList(value) ? value : undefined
}

function cellOrSpill(
  layout: RowLayout,
  column: number,
  value: JSONValue,
  json: string | undefined,
): string | RowFiles {
  const mode = layout.modes[column] ?? 'any'
  const isText = typeof value === 'string'
  const text = isText ? value : (json ?? stringifyJSON(value))
  // Before anything looks at it: what makes a cell of it would parse a large list.
  if (text.length > MAX_CELL) return spill(column, text, isText || mode === 'text')
  const onlyColumn = layout.header.length === 1
  const cell = encodeCell(value, mode, { json: isText ? undefined : text, onlyColumn })
  return cell.length <= MAX_CELL ? cell : spill(column, text, isText || mode === 'text')
}

function spill(column: number, text: string, isText: boolean): RowFiles {
  // UTF-8 has no lone surrogates; a JSON literal does.
  const spilled = isText && isWellFormed(text) ? 'txt' : 'json'
  const content = isText && spilled === 'json' ? JSON.stringify(text) : text
  return {
    column,
    files: [new SourceFile(undefined, 'text/plain', textSource(content))],
    spilled,
  }
}
