import type { JSONValue } from '../sample/flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from '../sample/flag-value.ts'
import { DETAIL_COLUMNS, OPTIONAL_COLUMNS, type OwnColumn } from '../log-columns.ts'
import { badRow } from './bad-row.ts'
import { type CellMode, decodeCell } from './cells.ts'
import {
  type CellReader,
  type LogColumn,
  type Side,
  askedAs,
  askedType,
  sidesOf,
  uniqueLabels,
} from './log-column.ts'
import type { Asked } from './read-options.ts'
import { isSameList, rowLayout } from './row-layout.ts'
import type { LogLayout } from './sidecar.ts'
import type { StoredFiles } from './stored-files.ts'

/** Where a sample's outputs start in a log that does not say what its columns are. */
const FIRST_OUTPUT = 'Output'

/**
 * How the columns of a log of ours are read.
 * @param names the labels in its header, decoded
 * @param layout what the dataset says of the log; left aside if the header says otherwise
 * @param texts the files of our own columns, which are long texts and nothing else
 */
export function ownColumns(
  names: readonly string[],
  layout: LogLayout | undefined,
  asked: Asked,
  files: StoredFiles,
  texts: StoredFiles = files,
): LogColumn[] {
  const known = layout && isLayoutOf(layout, names) ? layout : undefined
  const typed = new Map(layout?.components.map((component) => [component.label, component]))
  const labels = uniqueLabels(names)
  // What was asked for is a value whatever its name, and no sample is without values.
  const lastValue = Math.max(
    0,
    labels.findLastIndex((label) => askedAs(label, asked)),
  )
  const tail = known?.columns.length ?? tailLength(labels.slice(lastValue + 1))
  const values = labels.slice(0, labels.length - tail)
  const columns = labels.slice(values.length) as OwnColumn[]
  const components = values.map((label) => {
    const type = askedType(label, asked)
    return { label, type: type === 'any' ? (typed.get(label)?.type ?? type) : type }
  })
  const { modes, folders } = rowLayout(components, columns)
  const firstOutput = values.indexOf(FIRST_OUTPUT)
  const sides = sidesOf(values, asked, (label, index): Side => {
    const role = typed.get(label)?.role
    if (role !== undefined) return role === 'input' ? 'inputs' : 'outputs'
    return firstOutput !== -1 && index >= firstOutput ? 'outputs' : 'inputs'
  })
  const onlyColumn = labels.length === 1
  return labels.map((label, index) => {
    const mode = modes[index] ?? 'any'
    const isValue = index < values.length
    const read = cellReader(mode, folders[index] ?? '', onlyColumn, isValue ? files : texts)
    const type = components[index]?.type ?? 'any'
    return isValue
      ? { label, part: sides[index], read, type, mode }
      : { label, part: 'details', read: withoutFiles(read), mode }
  })
}

/** Which columns are neither our own nor in the list of components: somebody edited the header. */
export function unknownColumns(columns: readonly LogColumn[], { components }: LogLayout): number[] {
  const labels = new Set(components.map(({ label }) => label))
  return columns.flatMap(({ label, part }, index) =>
    part === 'details' || part === undefined || labels.has(label) ? [] : [index + 1],
  )
}

/** The labels in the header of a log of ours. */
export function ownLabels(header: readonly string[]): string[] {
  return header.map((cell) => {
    const decoded = decodeCell(cell, 'text', { onlyColumn: header.length === 1 })
    return decoded.kind === 'value' && typeof decoded.value === 'string' ? decoded.value : cell
  })
}

function isLayoutOf({ components, columns }: LogLayout, names: readonly string[]): boolean {
  const labels = components.map(({ label }) => label)
  return (
    components.length > 0 &&
    tailLength(columns) === columns.length &&
    isSameList([...labels, ...columns], names) &&
    new Set(names).size === names.length
  )
}

/**
 * How many labels at the end are our own columns: those that flagging adds, in its order, then those
 * that a logger was asked for, in any.
 */
function tailLength(labels: readonly string[]): number {
  let length = 0
  const optional: readonly string[] = OPTIONAL_COLUMNS
  let before = optional.length
  for (const label of labels.toReversed()) {
    const rank = optional.indexOf(label)
    if (rank !== -1 ? rank >= before : !isDetail(label) || before < optional.length) break
    if (rank !== -1) before = rank
    length++
  }
  return length
}

function isDetail(label: string): boolean {
  return (DETAIL_COLUMNS as readonly string[]).includes(label)
}

function cellReader(
  mode: CellMode,
  folder: string,
  onlyColumn: boolean,
  files: StoredFiles,
): CellReader {
  const options = { onlyColumn }
  return (cell) => {
    const decoded = decodeCell(cell, mode, options)
    if (decoded.kind === 'value') return decoded.value
    return decoded.kind === 'file'
      ? files.readOne(decoded.path, folder)
      : files.readList(decoded.paths, folder)
  }
}

/** A column of our own holds no files, but a long text may lie in one. */
function withoutFiles(read: CellReader): CellReader {
  return (cell) => {
    const value = read(cell)
    if (!(value instanceof Promise)) return value
    return value.then((found) => {
      if (isFlaggedFile(found.value) || isFlaggedFileList(found.value)) {
        throw badRow('a column of the log itself holds a file')
      }
      return found as { value: JSONValue; missing: boolean }
    })
  }
}
