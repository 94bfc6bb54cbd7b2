import { isBadRow } from './bad-row.ts'
import { unless } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { LogColumn } from './log-column.ts'
import { BadSpan } from './log-entry.ts'
import { RowBytes } from './row-bytes.ts'
import { RowColumns } from './row-columns.ts'
import { type RowKey, rowHash } from './row-key.ts'
import { LOG_NAME, type LogLayout } from './sidecar.ts'

const CHUNK = 256 * 1024
/** Ids of ours: in a log, they stand as they are. */
const PLAIN = /^[\w-]{1,100}$/

/**
 * The rows of a dataset that have an id, in the logs that have a column for it.
 * @param username who flagged them; `undefined`: whoever did. A log without such a column knows nobody
 * @param layoutOf what the dataset says of a log
 */
export async function rowsWithId(
  fs: FileSystem,
  dir: string,
  { id, username }: { readonly id: string; readonly username?: string | null | undefined },
  layoutOf: (log: string) => LogLayout | undefined,
): Promise<RowKey[]> {
  const keys: RowKey[] = []
  for (const { name } of (await unless('ENOENT ENOTDIR', fs.readdir(dir))) ?? []) {
    if (!LOG_NAME.test(name)) continue
    const file = await unless('ENOENT ELOOP EISDIR', fs.open(`${dir}/${name}`, 'read'))
    if (file === undefined) continue
    try {
      const { kind, size } = await file.stat()
      if (kind !== 'file' || !(await isMentioned(file, size, id))) continue
      const rows = await rowsOf(fs, dir, { file, size, layout: layoutOf(name) })
      if (rows === undefined) continue
      for (const key of await keysIn(file, rows, id, username)) keys.push({ log: name, ...key })
    } finally {
      await file.close().catch(() => undefined)
    }
  }
  return keys
}

/** Whether an id may stand in a log: looked for from its end, near which it mostly is. */
async function isMentioned(file: OpenFile, size: number, id: string): Promise<boolean> {
  if (!PLAIN.test(id)) return true
  const wanted = Buffer.from(id)
  const bytes = new RowBytes(file)
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK)
    const part = await bytes.of(start, Math.min(size, end + wanted.length))
    if (part.includes(wanted)) return true
    end = start
  }
  return false
}

function rowsOf(
  fs: FileSystem,
  dir: string,
  log: Parameters<typeof RowColumns.of>[2],
): Promise<RowColumns | undefined> {
  return RowColumns.of(fs, dir, log).catch((error: unknown) => {
    if (!isBadRow(error)) throw error
    return undefined
  })
}

async function keysIn(
  file: OpenFile,
  rows: RowColumns,
  id: string,
  username: string | null | undefined,
): Promise<Omit<RowKey, 'log'>[]> {
  const idColumn = detailAt(rows.columns, 'id')
  const userColumn = detailAt(rows.columns, 'username')
  if (idColumn === undefined) return []
  const bytes = new RowBytes(file)
  const keys: Omit<RowKey, 'log'>[] = []
  for await (const entries of rows.entries()) {
    for (const entry of entries) {
      if (entry instanceof BadSpan || valueOf(entry.cells, idColumn) !== id) continue
      if (username !== undefined && valueOf(entry.cells, userColumn) !== username) continue
      const { start, end } = entry
      keys.push({ offset: start, hash: rowHash(await bytes.of(start, end)) })
    }
  }
  return keys
}

/** Where one of our own columns stands. */
function detailAt(
  columns: readonly LogColumn[],
  name: string,
): (LogColumn & { readonly index: number }) | undefined {
  const index = columns.findIndex(({ part, label }) => part === 'details' && label === name)
  const column = columns[index]
  return column && { ...column, index }
}

function valueOf(
  cells: readonly string[],
  column: (LogColumn & { readonly index: number }) | undefined,
): string | null {
  const cell = cells[column?.index ?? -1] ?? ''
  const value = cell === '' ? null : column?.read(cell)
  // A path, which stands there for no text.
  if (value instanceof Promise) value.catch(() => undefined)
  return typeof value === 'string' ? value : null
}
