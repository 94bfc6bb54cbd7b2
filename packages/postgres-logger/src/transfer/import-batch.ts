import type { FlaggedFile } from '@flagging/core'
import { type StoredSample, isFlaggedFile, isFlaggedFileList } from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { LogStep } from './import-book.ts'

const MAX_ROWS = 500
/** Characters of cells, and of what lies in files of their own. */
const MAX_WEIGHT = 4 * 1024 * 1024

/** A row on its way into the database. */
export interface ImportRow {
  readonly log: string
  readonly start: number
  readonly end: number
  readonly record: SampleRecord
}

/** Rows that are stored at once, with how far their logs have come behind them. */
export class ImportBatch {
  readonly rows: ImportRow[] = []
  #weight = 0

  get isFull(): boolean {
    return this.rows.length >= MAX_ROWS || this.#weight >= MAX_WEIGHT
  }

  add(log: string, { start, end, cells }: StoredSample, record: SampleRecord): void {
    this.rows.push({ log, start, end, record })
    for (const cell of cells) this.#weight += cell.length
    for (const text of longTexts(record)) this.#weight += text.length
  }
}

/** Texts that may lie in files of their own. */
function* longTexts({ components, values, json }: SampleRecord): Generator<string> {
  for (const index of components.keys()) {
    // A large value is parsed when it is asked for.
    const text = json?.[index] ?? values[index]
    if (typeof text === 'string') yield text
  }
}

/** How far the logs of rows have come when these are stored. */
export function stepsOf(rows: readonly ImportRow[]): LogStep[] {
  const steps = new Map<string, LogStep>()
  for (const { log, start, record } of rows) {
    const samples = (steps.get(log)?.samples ?? 0) + 1
    steps.set(log, { log, start, id: record.id, samples })
  }
  return [...steps.values()]
}

/** All files of a sample. */
export function filesOf({ components, values, json }: SampleRecord): FlaggedFile[] {
  return components.flatMap((_, index) => {
    // A large value is parsed when it is asked for.
    const value = json?.[index] === undefined ? (values[index] ?? null) : null
    if (isFlaggedFile(value)) return [value]
    return isFlaggedFileList(value) ? value : []
  })
}
