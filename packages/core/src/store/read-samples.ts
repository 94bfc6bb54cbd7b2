import { FlaggingError } from '../errors.ts'
import { isBadRow } from './bad-row.ts'
import { fileDrafts } from './bare-folder.ts'
import { errnoOf } from './disk.ts'
import type { Drafts } from './draft.ts'
import type { FileSystem } from './file-system.ts'
import { findDatasets, listDirectory } from './find-logs.ts'
import { datasetDrafts } from './log-drafts.ts'
import { OneByOne } from './one-by-one.ts'
import type { ReadSettings } from './read-options.ts'
import { Batch } from './sample-batch.ts'
import type { Sample } from './sample.ts'

/** The samples of a flagged directory, from whatever file system it lies on; `dir` is absolute. */
export function readFrom(
  fs: FileSystem,
  dir: string,
  settings: ReadSettings,
): AsyncIterableIterator<Sample, undefined> {
  return new OneByOne(batchesIn(fs, dir, settings))
}

async function* batchesIn(
  fs: FileSystem,
  dir: string,
  settings: ReadSettings,
): AsyncGenerator<readonly Sample[], void, undefined> {
  const part = { offset: settings.offset, limit: settings.limit }
  if (part.limit === 0) return
  for await (const drafts of draftsIn(fs, dir, settings)) {
    for (let isOver = false; !isOver && part.limit > 0;) {
      const batch = new Batch(part)
      let failure: unknown
      try {
        const reading = batch.read(drafts)
        if (reading !== undefined) batch.add(await reading)
      } catch (error) {
        failure = error
      }
      // What stands before a row is given before anything is told of it.
      if (batch.samples.length > 0) yield batch.samples
      if (isBadRow(failure)) {
        if (part.offset === 0) settings.onBad(failure)
      } else if (failure !== undefined) throw readError(failure)
      isOver = batch.isOver
    }
    if (part.limit === 0) return
  }
}

async function* draftsIn(
  fs: FileSystem,
  dir: string,
  settings: ReadSettings,
): AsyncGenerator<Drafts> {
  try {
    const datasets = await findDatasets(fs, dir)
    for (const dataset of datasets) yield* datasetDrafts(fs, dataset, settings)
    if (datasets.length > 0 || settings.asked.inputs?.length !== 1) return
    const label = settings.asked.inputs[0]?.label ?? ''
    yield fileDrafts(fs, dir, await listDirectory(fs, dir), label)
  } catch (error) {
    throw readError(error)
  }
}

/** A fault of the disk says by itself nothing of what was read. */
function readError(cause: unknown): unknown {
  if (errnoOf(cause) === undefined) return cause
  const message = `The samples of a flagged directory cannot be read: ${errnoOf(cause)}`
  return new FlaggingError('ERR_FLAGGING_STORE', message, { cause })
}
