import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Component, FlagValue } from '@flagging/core'
import { onTestFinished } from 'vitest'
import { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrations.ts'
import { Views } from '../../src/database/views.ts'
import { DirectoryFiles } from '../../src/files/directory-files.ts'
import type { FileStore } from '../../src/files/file-store.ts'
import { rowSample, wholeRecord } from '../../src/samples/row-sample.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { SampleWriter } from '../../src/samples/sample-writer.ts'
import {
  DATASET_COLUMNS,
  ROW_COLUMNS,
  type StoredDataset,
  type StoredRow,
} from '../../src/samples/stored-row.ts'
import { createDatabase } from '../servers/database.ts'

/** A directory of the test's own, which is deleted when it is over. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flagging-samples-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A store of the test's own, with as many writers as it wants. */
export interface TestStore {
  readonly url: string
  readonly database: Database
  readonly files: FileStore
  readonly errors: unknown[]
  /** Another instance. */
  writer(): SampleWriter
  rows(): Promise<StoredRow[]>
  datasets(): Promise<StoredDataset[]>
  /** What was stored, as it is read, in the order in which it was stored. */
  records(): Promise<SampleRecord[]>
}

/** Makes the tables in a database of the test's own, and a directory for files. */
export async function testStore(given?: { readonly url?: string }): Promise<TestStore> {
  const url = given?.url ?? (await createDatabase())
  const errors: unknown[] = []
  const open: Database[] = []
  const connect = (): Database => {
    const database = new Database(url, 'flagging')
    open.push(database)
    return database
  }
  const onError = (error: unknown): void => void errors.push(error)
  onTestFinished(async () => {
    await Promise.all(open.map((one) => one.close()))
  })
  const database = connect()
  const files = new DirectoryFiles(temporaryFolder())
  await migrate(database, 'month')
  const rows = (): Promise<StoredRow[]> =>
    database.query<StoredRow>(`select ${ROW_COLUMNS} from flagging.samples order by seq`)
  const datasets = (): Promise<StoredDataset[]> =>
    database.query<StoredDataset>(`select ${DATASET_COLUMNS} from flagging.datasets order by id`)
  return {
    url,
    database,
    files,
    errors,
    rows,
    datasets,
    writer() {
      const own = connect()
      return new SampleWriter(own, files, { views: new Views(own, onError), onError })
    },
    async records() {
      const known = new Map((await datasets()).map((one) => [one.id, one]))
      return Promise.all(
        (await rows()).map((row) =>
          wholeRecord(rowSample(row, known.get(row.dataset) as StoredDataset, files)),
        ),
      )
    },
  }
}

/** Components of a calculator. */
export const CALCULATOR: readonly Component[] = [
  { label: 'num1', type: 'number', role: 'input' },
  { label: 'operation', type: 'text', role: 'input' },
  { label: 'num2', type: 'number', role: 'input' },
  { label: 'Output', type: 'number', role: 'output' },
]

/** A sample of `5 + 7`, or of what it is said to be. */
export function record(
  given: Partial<SampleRecord> = {},
  values: readonly FlagValue[] = [5, 'add', 7, 12],
): SampleRecord {
  return {
    id: randomUUID(),
    at: new Date('2026-03-04T05:06:07.089Z'),
    folder: 'calculate',
    components: CALCULATOR,
    values,
    json: undefined,
    option: null,
    username: null,
    comment: null,
    correction: null,
    correctionJSON: undefined,
    interaction: 'abcdefghijklmnopqrstuv',
    endpoint: 'calculate',
    method: 'POST',
    status: 200,
    duration: 1.25,
    ended: 'complete',
    truncated: false,
    byHand: true,
    ...given,
  }
}
