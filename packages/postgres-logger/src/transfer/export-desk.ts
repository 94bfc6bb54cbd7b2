import { FlaggingError } from '@flagging/core'
import {
  type FileSystem,
  type OwnColumn,
  type OpenFile,
  findDatasets,
  makeDirectories,
  unless,
} from '@flagging/core/store'
import {
  type Checkpoint,
  type CheckpointBatch,
  readCheckpoint,
  writeCheckpoint,
} from './export-checkpoint.ts'
import type { DatasetPlan } from './export-columns.ts'
import { type ExportFilter, isSameFilter } from './export-filter.ts'

const FOLDER = '.flagging'
const LOCK = 'export.lock'

/** A directory that one export at a time writes to, and how far that has come. */
export class ExportDesk {
  readonly #fs: FileSystem
  readonly #folder: string
  readonly #lock: OpenFile
  #checkpoint: Checkpoint

  private constructor(fs: FileSystem, folder: string, lock: OpenFile, checkpoint: Checkpoint) {
    this.#fs = fs
    this.#folder = folder
    this.#lock = lock
    this.#checkpoint = checkpoint
  }

  /**
   * Takes a directory, which must be empty or that of an export of the same samples.
   * @throws FlaggingError `ERR_FLAGGING_OPTION` where it is another's; `ERR_FLAGGING_LOCK` where one is at work
   */
  static async at(
    fs: FileSystem,
    dir: string,
    origin: string,
    filter: ExportFilter,
  ): Promise<ExportDesk> {
    const folder = `${dir}/${FOLDER}`
    await makeDirectories(fs, folder, true)
    const lock = await locked(fs, folder)
    try {
      const known = await readCheckpoint(fs, folder)
      if (known === undefined) await checkEmpty(fs, dir)
      else checkSame(dir, known, origin, filter)
      const fresh = { origin, filter, position: 0, samples: 0, columns: {}, batch: null }
      return new ExportDesk(fs, folder, lock, known ?? fresh)
    } catch (error) {
      await lock.close()
      throw error
    }
  }

  /** All samples up to this number are written. */
  get position(): number {
    return this.#checkpoint.position
  }

  /** How many have been written. */
  get samples(): number {
    return this.#checkpoint.samples
  }

  /** The batch that was begun, if it is not done. */
  get batch(): CheckpointBatch | null {
    return this.#checkpoint.batch
  }

  /** The columns of each dataset, with those that what follows needs, too. */
  plan(plans: ReadonlyMap<string, DatasetPlan>): ReadonlyMap<string, readonly OwnColumn[]> {
    const columns = new Map(Object.entries(this.#checkpoint.columns))
    for (const [folder, plan] of plans) {
      columns.set(folder, [...new Set([...(columns.get(folder) ?? []), ...plan.columns])])
    }
    this.#checkpoint = { ...this.#checkpoint, columns: Object.fromEntries(columns) }
    return columns
  }

  /** Notes what is going to be written; on the disk when this resolves. */
  async begin(batch: CheckpointBatch): Promise<void> {
    this.#checkpoint = { ...this.#checkpoint, batch }
    await writeCheckpoint(this.#fs, this.#folder, this.#checkpoint)
  }

  /** Takes note that the batch is written. It is not on the disk before the next one begins. */
  done(samples: number): void {
    const { position, batch } = this.#checkpoint
    this.#checkpoint = {
      ...this.#checkpoint,
      position: batch?.to ?? position,
      samples: this.#checkpoint.samples + samples,
      batch: null,
    }
  }

  /** Notes that all is written. */
  async finish(): Promise<void> {
    await writeCheckpoint(this.#fs, this.#folder, this.#checkpoint)
  }

  /** Gives the directory free. */
  async close(): Promise<void> {
    await this.#lock.close()
  }
}

async function locked(fs: FileSystem, folder: string): Promise<OpenFile> {
  const path = `${folder}/${LOCK}`
  await unless(
    'EEXIST',
    fs.open(path, 'create').then((file) => file.close()),
  )
  const lock = await fs.open(path, 'write')
  // Where nothing can be locked, it is for the user to start one export at a time.
  if (fs.lockProblem() !== undefined || lock.tryLock()) return lock
  await lock.close()
  throw new FlaggingError(
    'ERR_FLAGGING_LOCK',
    `Another export is writing to ${folder}: wait for it`,
  )
}

async function checkEmpty(fs: FileSystem, dir: string): Promise<void> {
  if ((await findDatasets(fs, dir)).length === 0) return
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `${dir} holds samples that no export has written: name another directory`,
  )
}

function checkSame(dir: string, known: Checkpoint, origin: string, filter: ExportFilter): void {
  if (known.origin === origin && isSameFilter(known.filter, filter)) return
  const what =
    known.origin === origin ? 'with another --dataset, --since or --until' : 'of another database'
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `${dir} is an export ${what}: name another directory`,
  )
}
