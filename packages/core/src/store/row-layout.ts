import type { Component } from '../components.ts'
import type { OwnColumn } from '../log-columns.ts'
import { type CellMode, encodeCell } from './cells.ts'
import { labelFolders } from './label-folder.ts'
import type { LogLayout } from './sidecar.ts'

const UNTYPED: ReadonlySet<string> = new Set(['correction', 'status', 'duration', 'truncated'])

/** How the rows of a log are written: its header and, for each column, cell mode and folder. */
export interface RowLayout extends LogLayout {
  readonly columns: readonly OwnColumn[]
  /** The cells of the header. */
  readonly header: readonly string[]
  /** By position. */
  readonly modes: readonly CellMode[]
  /** By position: where files and large values of the column lie. */
  readonly folders: readonly string[]
}

/** How rows of these components, followed by these columns of ours, are written. */
export function rowLayout(
  components: readonly Component[],
  columns: readonly OwnColumn[],
): RowLayout {
  const names = [...components.map(({ label }) => label), ...columns]
  const onlyColumn = names.length === 1
  return {
    components,
    columns,
    header: names.map((name) => encodeCell(name, 'text', { onlyColumn })),
    modes: [
      ...components.map(({ type }) => (type === 'text' ? 'text' : 'any')),
      ...columns.map((column) => (UNTYPED.has(column) ? 'any' : 'text')),
    ],
    folders: labelFolders(names),
  }
}

/** Whether two layouts give rows that may stand in one log. */
export function isSameLayout(a: LogLayout | undefined, b: LogLayout): boolean {
  if (a === undefined || a.components.length !== b.components.length) return false
  return (
    isSameList(a.columns, b.columns) &&
    a.components.every(({ label, type }, index) => {
      const other = b.components[index]
      return label === other?.label && type === other.type
    })
  )
}

/** Whether two lists hold the same texts in the same order. */
export function isSameList(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && a.every((item, index) => item === b[index])
}
