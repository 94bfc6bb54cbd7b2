import { resolve } from 'node:path'
import {
  type ImportOptions,
  type TransferReport,
  datasetsIn,
  nodeFileSystem,
  unless,
} from '@flagging/core/store'
import { Views } from '../database/views.ts'
import { SampleWriter } from '../samples/sample-writer.ts'
import { ImportBook } from './import-book.ts'
import { ImportRun } from './import-run.ts'
import { titleOf } from './imported-record.ts'
import { ReviewMarks } from './review-marks.ts'
import { sourceName } from './source-name.ts'
import { type StoreAt, readyTables, storeAt } from './store-at.ts'
import { Tally } from './tally.ts'

const SCHEMA = 'flagging'

/**
 * Stores the samples of a flagged directory in PostgreSQL: those that are not there yet, in the order of
 * their logs. It may be ended at any moment, and called again: no sample is stored twice, and none left
 * out. It may run beside the app that writes the directory; what comes in meanwhile is for the next call.
 * @throws FlaggingError that says what to do
 */
export async function importDirectory(options: ImportOptions): Promise<TransferReport> {
  const { database: address, schema = SCHEMA, files, limit } = options
  const dir = resolve(options.dir)
  const sizes = await sizesOfLogs(dir)
  const store = await storeAt(address, schema, files)
  try {
    await readyTables(store.database, options.migrate === true)
    if (files !== undefined) await store.files.check()
    const tally = new Tally(limit)
    const source = await sourceName(nodeFileSystem, dir, options.source)
    const book = await ImportBook.open(store.database, source)
    const before = book.samples
    await runImport(store, { dir, source, book, tally, reached: meter(sizes, options.onProgress) })
    return tally.report({ dir, database: store.shown, schema }, before)
  } finally {
    await store.close()
  }
}

type Asked = Omit<ConstructorParameters<typeof ImportRun>[0], 'writer' | 'marks'>

async function runImport({ database, files }: StoreAt, asked: Asked): Promise<void> {
  const onError = (error: unknown): void =>
    asked.tally.note(error instanceof Error ? error.message : String(error))
  const views = new Views(database, onError)
  const writer = new SampleWriter(database, files, { views, onError })
  const marks = new ReviewMarks(asked.dir, database.schema)
  try {
    await new ImportRun({ ...asked, writer, marks }).run()
  } finally {
    await views.settled()
  }
}

async function sizesOfLogs(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const { dir: folder, endpoint, logs } of await datasetsIn(nodeFileSystem, dir)) {
    for (const { name } of logs) {
      const stat = await unless('ENOENT EACCES', nodeFileSystem.lstat(`${folder}/${name}`))
      sizes.set(titleOf({ dataset: endpoint, log: name }), stat?.size ?? 0)
    }
  }
  return sizes
}

/** Tells how many bytes of all logs have been read; they are read one after the other. */
function meter(
  sizes: ReadonlyMap<string, number>,
  onProgress: ImportOptions['onProgress'],
): (log: string, end: number) => void {
  const titles = [...sizes.keys()]
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  let current: string | undefined
  let before = 0
  return (log, end) => {
    if (log !== current) {
      current = log
      before = 0
      for (const title of titles.slice(0, titles.indexOf(log))) before += sizes.get(title) ?? 0
    }
    onProgress?.(before + end, total)
  }
}
