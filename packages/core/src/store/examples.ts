import { resolve } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { isBadRow } from './bad-row.ts'
import { fileDrafts } from './bare-folder.ts'
import { errnoOf } from './disk.ts'
import type { Draft } from './draft.ts'
import type { FileSystem } from './file-system.ts'
import { findDatasets, listDirectory } from './find-logs.ts'
import { datasetDrafts } from './log-drafts.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { type ReadOptions, type ReadSettings, resolveReadOptions } from './read-options.ts'
import type { Sample } from './sample.ts'

export type { ReadOptions } from './read-options.ts'

/**
 * Reads the samples of a flagged directory, ours or Gradio's, oldest first: those of the directory's
 * own logs, then those of the endpoints below it. Files are opened when they are read, not before,
 * and only where their column's files lie. A directory that does not exist yet has no samples; one
 * without any logs is read as a folder of files if `inputs` names exactly one input.
 *
 * A row that cannot be read is left out and told to `onBad`; so is one that is still being written.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for options that cannot be, for a directory that cannot
 * be listed, and for a log without header whose columns no option names
 */
export async function loadExamples(dir: string, options: ReadOptions = {}): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const sample of readSamples(dir, options)) samples.push(sample)
  return samples
}

/**
 * {@link loadExamples}, sample by sample and in constant memory. A log is read up to where it ended
 * when it was opened. It stays open until the last sample was read or the loop was left.
 */
export function readSamples(dir: string, options: ReadOptions = {}): AsyncIterableIterator<Sample> {
  if (typeof dir !== 'string' || dir === '') {
    throw new FlaggingError('ERR_FLAGGING_OPTION', 'The flagged directory must be a path.')
  }
  return readFrom(nodeFileSystem, resolve(dir), resolveReadOptions(options))
}

async function* readFrom(
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
