import { performance } from 'node:perf_hooks'
import type { FlaggingError } from '../errors.ts'
import { commitSamples } from './commit-samples.ts'
import { DatasetEntrance } from './dataset-entrance.ts'
import { DatasetFiles, WORKING_FOLDER } from './dataset-files.ts'
import { DatasetLock } from './dataset-lock.ts'
import type { FileSystem } from './file-system.ts'
import { Gathering } from './gathering.ts'
import { HourlySweep } from './hourly-sweep.ts'
import type { LogContext } from './log-context.ts'
import type { PendingSample } from './pending-sample.ts'
import { QuickLooks } from './quick-looks.ts'
import { inTurn } from './removal-turn.ts'
import type { RowKey } from './row-key.ts'
import { RowRemoval } from './row-removal.ts'
import { hasLogOf } from './rows-by-log.ts'
import type { SampleRow } from './sample-row.ts'
import { StagedFiles, type StagingContext } from './staged-files.ts'
import { removalError } from './store-errors.ts'

// Node has four threads for all work on files, and the host needs them too.
const STAGED_AT_ONCE = 2

/** How a dataset is written. */
export interface DatasetOptions {
  readonly fs: FileSystem
  readonly sync: boolean
  /** No lock is taken: this is the only writer. */
  readonly exclusive: boolean
  readonly activeContent: boolean
  readonly report: (error: FlaggingError) => void
}

/** One dataset: takes samples one by one and stores them in batches. */
export class DatasetLog {
  readonly #context: LogContext
  readonly #staging: StagingContext
  readonly #files: DatasetFiles
  readonly #entrance: DatasetEntrance
  readonly #gathering: Gathering
  readonly #sweep: HourlySweep
  readonly #exclusive: boolean
  #removals: Promise<unknown> = Promise.resolve()

  /** @param dir the dataset's folder, absolute; made with the first sample */
  constructor(dir: string, options: DatasetOptions) {
    const { fs, sync, exclusive, report } = options
    const folder = `${dir}/${WORKING_FOLDER}`
    this.#context = { fs, dir, folder, sync, quick: new QuickLooks(), report }
    this.#staging = { ...this.#context, activeContent: options.activeContent }
    const lock = exclusive ? undefined : new DatasetLock(fs, folder)
    this.#files = new DatasetFiles(this.#context, lock?.path ?? folder)
    this.#entrance = new DatasetEntrance(this.#context, this.#files, lock)
    this.#gathering = new Gathering((batch) => this.#store(batch))
    this.#sweep = new HourlySweep({ ...this.#context, exclusive }, report)
    this.#exclusive = exclusive
  }

  /**
   * Stores a sample; gives the number of samples of the dataset up to it.
   * @param noted told where its row stands, once it does
   */
  append(row: SampleRow, noted?: (key: RowKey) => void): Promise<number> {
    const files = row.files.length > 0 ? new StagedFiles(this.#staging, row) : undefined
    return this.#gathering.add(row, files, noted)
  }

  /**
   * Deletes rows for good, with their files; gives how many there were.
   * @throws FlaggingError as {@link RowRemoval.remove} does
   */
  remove(keys: readonly RowKey[]): Promise<number> {
    // One after the other: each would find its log replaced by the one before.
    const removal = this.#removals.then(() => this.#remove(keys))
    this.#removals = removal.catch(() => undefined)
    return removal
  }

  /** Waits for every sample and closes all files. */
  async close(): Promise<void> {
    await this.#removals
    await this.#gathering.settled()
    await this.#sweep.settled()
    await this.#entrance.shut()
  }

  /** Stores a batch, or says of each sample why not. Never rejects. */
  async #store(batch: readonly PendingSample[]): Promise<void> {
    let staged: PendingSample[] = []
    try {
      staged = batch.filter(({ files }) => files !== undefined)
      await this.#entrance.open()
      if (staged.length > 0) await this.#stage([...staged])
      const ready = staged.length > 0 ? batch.filter(({ error }) => error === undefined) : batch
      if (ready.length === 0) return
      await this.#entrance.inside(ready[0]?.since ?? 0, () =>
        commitSamples(this.#context, this.#files, ready),
      )
    } catch (error) {
      for (const sample of batch) sample.error ??= error
    } finally {
      if (staged.length > 0) await Promise.all(staged.flatMap(({ files }) => files?.clear() ?? []))
    }
    this.#sweep.inTime()
  }

  async #remove(keys: readonly RowKey[]): Promise<number> {
    const { fs, folder } = this.#context
    try {
      if (!(await hasLogOf(this.#context, keys))) return 0
      await this.#gathering.between(() => this.#entrance.reopen())
      const removal = new RowRemoval(this.#context, this.#files, (work) =>
        this.#gathering.between(() => this.#entrance.inside(performance.now(), work)),
      )
      const remove = () => removal.remove(keys)
      return await (this.#exclusive ? remove() : inTurn(fs, folder, remove))
    } catch (error) {
      throw removalError(error)
    }
  }

  async #stage(waiting: PendingSample[]): Promise<void> {
    await this.#entrance.reopen()
    const worker = async (): Promise<void> => {
      for (let sample = waiting.pop(); sample !== undefined; sample = waiting.pop()) {
        try {
          await sample.files?.stage()
        } catch (error) {
          sample.error = error
        }
      }
    }
    await Promise.all(Array.from({ length: STAGED_AT_ONCE }, worker))
  }
}
