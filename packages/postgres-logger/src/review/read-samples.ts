import type { ReadOptions, Sample } from '@flagging/core'
import { type ReadSettings, resolveReadOptions } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import type { FileStore } from '../files/file-store.ts'
import { DatasetReader } from './dataset-reader.ts'
import { look } from './look.ts'
import { sampleOf } from './row-to-sample.ts'

/** Where samples are read from. */
export interface SamplesPlace {
  readonly database: Database
  readonly files: FileStore
}

/**
 * The samples of a database: those of the flagged directory itself, then those of each endpoint in the
 * order of their names, the oldest first. What comes in meanwhile may be among them or not.
 * @throws FlaggingError `ERR_FLAGGING_OPTION`
 */
export function readSamples(
  place: SamplesPlace,
  options: ReadOptions,
): AsyncIterableIterator<Sample> {
  return samplesIn(place, resolveReadOptions(options))
}

async function* samplesIn(
  { database, files }: SamplesPlace,
  settings: ReadSettings,
): AsyncGenerator<Sample> {
  let { offset, limit } = settings
  if (limit === 0) return
  const { datasets } = await look((text, values) => database.query(text, values), database)
  for (const dataset of datasets.toSorted((a, b) => (a.folder < b.folder ? -1 : 1))) {
    const reader = new DatasetReader(database, dataset)
    offset -= await reader.skip(offset)
    for await (const row of reader.rows(limit)) {
      const n = reader.passed - 1
      yield await sampleOf(row, files, settings.asked, n)
      if (--limit === 0) return
    }
  }
}
