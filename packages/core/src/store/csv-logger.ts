import { isAbsolute, join, resolve } from 'node:path'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import { type CSVLoggerOptions, checkOptions } from './csv-logger-options.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from './dataset-files.ts'
import { DatasetLog } from './dataset-log.ts'
import { closed, miscounted, neverSetUp, noDirectory, noLock } from './csv-logger-errors.ts'
import { unless } from './disk.ts'
import type { FileSystem } from './file-system.ts'
import { flagRow } from './flag-row.ts'
import type { FlagDetails, FlaggingCallback, Removal } from './flagging-callback.ts'
import { Layouts, checkLabels } from './layouts.ts'
import { notAFile, removalError } from './store-errors.ts'
import { nodeFileSystem } from './node-file-system.ts'
import type { DetailColumn } from '../log-columns.ts'
import { Receipts } from './receipts.ts'
import type { RowKey } from './row-key.ts'
import { rowsWithId } from './rows-with-id.ts'
import { type Sidecar, readSidecar } from './sidecar.ts'

export type { CSVLoggerOptions } from './csv-logger-options.ts'

const NO_TEXTS: Pick<FlagDetails, 'comment' | 'correction'> = {}

/**
 * Stores samples as rows of `logs.csv` and as files beside it. One logger may serve any number of
 * datasets, and any number of loggers, worker threads and processes of one host may serve the same
 * dataset, on a local file system. When `flag` resolves, the sample is stored.
 */
export class CSVLogger implements FlaggingCallback {
  readonly #columns: readonly DetailColumn[]
  readonly #fs: FileSystem
  readonly #options: CSVLoggerOptions
  readonly #datasets = new Map<string, DatasetLog>()
  readonly #layouts: Layouts
  readonly #receipts = new Receipts()
  #last: { readonly components: readonly Component[]; readonly dir: string } | undefined
  #isClosed = false

  /** Told of what was set aside or ignored on the disk. Default: one line on stderr. */
  onError?: (error: unknown) => void

  /** @param fs the disk; only tests have another one */
  constructor(options: CSVLoggerOptions = {}, fs: FileSystem = nodeFileSystem) {
    checkOptions(options)
    this.#columns = [...(options.columns ?? [])]
    this.#layouts = new Layouts(this.#columns)
    this.#options = options
    this.#fs = fs
  }

  /** The columns that were asked for: no component may have such a label. */
  get columns(): readonly DetailColumn[] {
    return this.#columns
  }

  /** Checks what can be checked before anything is stored; makes nothing. */
  async setup(components: readonly Component[], flaggingDir: string): Promise<void> {
    checkLabels(components, this.#columns)
    const problem = this.#options.exclusive === true ? undefined : this.#fs.lockProblem()
    if (problem !== undefined) throw noLock(problem)
    const dir = resolve(flaggingDir)
    await this.#checkPlace(dir)
    this.#last = { components: [...components], dir }
  }

  // Not async: a promise of its own would be one too many for each sample.
  flag(
    flagData: readonly FlagValue[],
    flagOption?: string | null,
    username?: string | null,
    details?: FlagDetails,
  ): Promise<number> {
    try {
      if (this.#isClosed) throw closed()
      const { components, dir } = details ?? this.#last ?? neverSetUp()
      if (flagData.length !== components.length) throw miscounted(flagData, components)
      const { comment, correction } = details ?? NO_TEXTS
      const layout = this.#layouts.of(components, flagOption, username, comment, correction)
      const row = flagRow(layout, flagData, flagOption, username, details)
      const noted = details?.byHand === true ? this.#noting(details, username) : undefined
      return this.#dataset(dir).append(row, noted)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /**
   * Deletes rows of `logs.csv`, `logs2.csv` ..., with the files that no other row names. By id, it
   * deletes what this logger stored by hand and still remembers; in a log with a column `id` also what
   * was stored before, by whatever process.
   * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` for rows of other logs, such as Gradio's;
   * `ERR_FLAGGING_STORE` or `ERR_FLAGGING_LOCK` where the disk does not let it: then the log is as it was
   */
  async remove(flaggingDir: string, which: Removal): Promise<number> {
    if (this.#isClosed) throw closed()
    const dir = resolve(flaggingDir)
    const keys = 'rows' in which ? which.rows : await this.#rowsOf(dir, which)
    const count = await this.#dataset(dir).remove(keys)
    this.#receipts.forget(dir, keys, 'id' in which ? which.id : undefined)
    return count
  }

  /** The widest component list that a dataset has been stored with; `undefined` if none is known. */
  async known(flaggingDir: string): Promise<readonly Component[] | undefined> {
    let widest: readonly Component[] | undefined
    for (const { components } of (await this.#sidecarOf(resolve(flaggingDir)))?.logs.values() ??
      []) {
      if (widest === undefined || components.length > widest.length) widest = components
    }
    return widest
  }

  /** Waits until every sample is stored and closes all files. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#datasets.values()].map((dataset) => dataset.close()))
  }

  #noting({ dir, id }: FlagDetails, username: string | null | undefined): (key: RowKey) => void {
    return (key) => this.#receipts.add(resolve(dir), id, username ?? null, key)
  }

  async #rowsOf(dir: string, which: Exclude<Removal, { rows: unknown }>): Promise<RowKey[]> {
    const known = this.#receipts.of(dir, which.id, which.username)
    if (known !== undefined) return known
    const sidecar = await this.#sidecarOf(dir)
    try {
      return await rowsWithId(this.#fs, dir, which, (log) => sidecar?.logs.get(log))
    } catch (error) {
      throw removalError(error)
    }
  }

  async #sidecarOf(dir: string): Promise<Sidecar | undefined> {
    try {
      return await readSidecar(this.#fs, join(dir, WORKING_FOLDER, SIDECAR_NAME))
    } catch (error) {
      this.#report(error)
      return undefined
    }
  }

  #dataset(given: string): DatasetLog {
    const dir = isAbsolute(given) ? given : resolve(given)
    let dataset = this.#datasets.get(dir)
    if (dataset === undefined) {
      dataset = new DatasetLog(dir, {
        fs: this.#fs,
        sync: this.#options.fsync !== 'none',
        exclusive: this.#options.exclusive === true,
        activeContent: this.#options.activeContent === true,
        report: (error) => this.#report(error),
      })
      this.#datasets.set(dir, dataset)
    }
    return dataset
  }

  async #checkPlace(dir: string): Promise<void> {
    try {
      const folder = await unless('ENOENT', this.#fs.stat(dir))
      if (folder !== undefined && folder.kind !== 'directory') throw noDirectory()
      const log = await unless('ENOENT', this.#fs.lstat(join(dir, 'logs.csv')))
      if (log !== undefined && log.kind !== 'file') throw notAFile('logs.csv')
    } catch (error) {
      throw error instanceof FlaggingError ? error : noDirectory(error)
    }
  }

  #report(error: unknown): void {
    try {
      if (this.onError !== undefined) this.onError(error)
      else console.error(`[flagging] ${error instanceof Error ? error.message : String(error)}`)
    } catch {
      // Whoever is told of a fault must not cause another one.
    }
  }
}
