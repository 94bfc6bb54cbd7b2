import { FlaggingError } from '@flagging/core'
import {
  type FileSystem,
  type OwnColumn,
  bytesOf,
  errnoOf,
  pathSource,
  replaceFile,
  unless,
} from '@flagging/core/store'
import type { ExportFilter } from './export-filter.ts'

const NAME = 'export.json'
const VERSION = 1

/** A sample of the batch that is being written. */
type BatchSample = readonly [seq: number, print: string]

/** A batch on its way to the disk. */
export interface CheckpointBatch {
  /** The number behind which nothing of it is left. */
  readonly to: number
  readonly samples: readonly BatchSample[]
  /** How long each log was before, by its name with its folder in front; others were not there. */
  readonly ends: Readonly<Record<string, number>>
}

/** How far an export has come. */
export interface Checkpoint {
  /** What tells the database, and schema, that it is from. */
  readonly origin: string
  readonly filter: ExportFilter
  /** All samples up to this number are written. */
  readonly position: number
  /** How many have been written. */
  readonly samples: number
  /** By folder: the columns that its logs have. */
  readonly columns: Readonly<Record<string, readonly OwnColumn[]>>
  /** What follows the position; whoever comes after a kill looks which of it is there. */
  readonly batch: CheckpointBatch | null
}

/**
 * Reads how far an export has come; `undefined` where none was begun.
 * @throws FlaggingError `ERR_FLAGGING_STORE` where that cannot be said
 */
export async function readCheckpoint(
  fs: FileSystem,
  folder: string,
): Promise<Checkpoint | undefined> {
  const path = `${folder}/${NAME}`
  const stat = await unless('ENOENT', fs.lstat(path))
  if (stat === undefined) return undefined
  try {
    const bytes = await bytesOf(pathSource(fs, path, stat.size))
    const { version, ...checkpoint } = JSON.parse(Buffer.from(bytes).toString()) as Checkpoint & {
      version: unknown
    }
    if (version === VERSION) return checkpoint
  } catch (error) {
    if (errnoOf(error) !== undefined) throw error
  }
  throw new FlaggingError(
    'ERR_FLAGGING_STORE',
    `${path} does not say how far the export has come: export into another directory`,
  )
}

/** Replaces it: whole, and on the disk when this resolves. */
export async function writeCheckpoint(
  fs: FileSystem,
  folder: string,
  checkpoint: Checkpoint,
): Promise<void> {
  await replaceFile(fs, folder, NAME, `${JSON.stringify({ version: VERSION, ...checkpoint })}\n`)
}
