import { resolve } from 'node:path'
import { type ExportOptions, type TransferReport, nodeFileSystem } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import { exportBound } from './export-bound.ts'
import { exportPlan } from './export-columns.ts'
import { ExportDesk } from './export-desk.ts'
import { exportFilter } from './export-filter.ts'
import { ExportLog } from './export-log.ts'
import { ExportRows } from './export-rows.ts'
import { ExportRun } from './export-run.ts'
import { readyTables, storeAt } from './store-at.ts'
import { Tally } from './tally.ts'

const SCHEMA = 'flagging'

/**
 * Writes samples that are in PostgreSQL to a flagged directory, which holds nothing else. It may be ended
 * at any moment, and called again: no sample is written twice, and none left out. What is stored after
 * it has begun is for the next call.
 * @throws FlaggingError that says what to do
 */
export async function exportDirectory(options: ExportOptions): Promise<TransferReport> {
  const { database: address, schema = SCHEMA, limit, onProgress } = options
  const dir = resolve(options.dir)
  const filter = exportFilter(options)
  const store = await storeAt(address, schema, options.files)
  try {
    const { database, files } = store
    await readyTables(database, false)
    const desk = await ExportDesk.at(nodeFileSystem, dir, await originOf(database), filter)
    try {
      const tally = new Tally(limit)
      const bound = await exportBound(database)
      const plans = await exportPlan(database, filter, desk.position, bound)
      const onError = (error: unknown): void =>
        tally.note(error instanceof Error ? error.message : String(error))
      const log = new ExportLog(dir, desk.plan(plans), onError)
      const rows = await ExportRows.upTo(bound, database, files, filter)
      const before = desk.samples
      const total = [...plans.values()].reduce((sum, { samples }) => sum + samples, 0)
      let done = 0
      const reached = (samples: number): void => onProgress?.((done += samples), total)
      try {
        await new ExportRun({ dir, desk, rows, log, tally, reached }).run()
      } finally {
        await log.close()
      }
      return tally.report({ dir, database: store.shown, schema }, before)
    } finally {
      await desk.close()
    }
  } finally {
    await store.close()
  }
}

/** What tells one store from all others: also where it is a copy, restored elsewhere. */
async function originOf(database: Database): Promise<string> {
  const [row] = await database.query<{ origin: string }>(
    `select extract(epoch from applied_at)::text as origin from ${database.schema}.migrations
      where version = 1`,
  )
  return `${database.name}@${row?.origin ?? ''}`
}
