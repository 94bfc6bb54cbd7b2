import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LOG_NAME } from '../src/store/sidecar.ts'
import { RecordParser } from '../src/store/record-parser.ts'
import { type RowKey, rowHash } from '../src/store/row-key.ts'

/** A row of a log with its key, as a reader would make it. */
export interface KeyedRow {
  readonly key: RowKey
  readonly cells: readonly string[]
}

/** The rows of a log, in its order. */
export function keyedRows(dir: string, log = 'logs.csv'): KeyedRow[] {
  const bytes = readFileSync(join(dir, log))
  const parser = new RecordParser()
  const records = [...parser.push(bytes), ...parser.end()]
  return records.slice(1).map(({ cells, start, end }) => ({
    key: { log, offset: start, hash: rowHash(bytes.subarray(start, end)) },
    cells,
  }))
}

/** The keys of the rows whose first cell is one of these. */
export function keysOf(dir: string, ids: readonly string[], log?: string): RowKey[] {
  return keyedRows(dir, log)
    .filter(({ cells }) => ids.includes(cells[0] ?? ''))
    .map(({ key }) => key)
}

/** The files in the folders of a dataset's labels. */
export function storedFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '.flagging')
    .flatMap(({ name }) => readdirSync(join(dir, name)).map((file) => `${name}/${file}`))
    .toSorted()
}

/** The logs of a dataset. */
export function logNames(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => LOG_NAME.test(name))
    .toSorted()
}
