import { resolve } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { type ReadOptions, resolveReadOptions } from './read-options.ts'
import { readFrom } from './read-samples.ts'
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
