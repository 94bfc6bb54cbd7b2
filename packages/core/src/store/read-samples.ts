import { FlaggingError } from '../errors.ts'
import { isBadRow } from './bad-row.ts'
import { fileDrafts } from './bare-folder.ts'
import { errnoOf } from './disk.ts'
import type { Draft } from './draft.ts'
import type { FileSystem } from './file-system.ts'
import { findDatasets, listDirectory } from './find-logs.ts'
import { datasetDrafts } from './log-drafts.ts'
import type { ReadSettings } from './read-options.ts'
import type { Sample } from './sample.ts'

/** The samples of a flagged directory, from whatever file system it lies on; `dir` is absolute. */
export async function* readFrom(
  fs: FileSystem,
  dir: string,
  settings: ReadSettings,
): AsyncGenerator<Sample, void, undefined> {
  let { offset, limit } = settings
  if (limit === 0) return
  for await (const drafts of draftsIn(fs, dir, settings)) {
    for (const draft of drafts) {
      if (offset > 0 && draft.isCertain) {
        offset--
        continue
      }
      let sample: Sample
      try {
        const reading = draft.read()
        // Most rows need no disk, and a turn of their own would cost as much as reading them.
        sample = reading instanceof Promise ? await reading : reading
      } catch (error) {
        if (!isBadRow(error)) throw readError(error)
        if (offset === 0) settings.onBad(error)
        continue
      }
      if (offset > 0) {
        offset--
        continue
      }
      yield sample
      if (--limit === 0) return
    }
  }
}

async function* draftsIn(
  fs: FileSystem,
  dir: string,
  settings: ReadSettings,
): AsyncGenerator<readonly Draft[]> {
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
