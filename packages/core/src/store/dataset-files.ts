import { dirname } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { ComponentList } from './component-list.ts'
import { makeDirectories, unless } from './disk.ts'
import type { OpenFile } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import { type LogExtent, LogFile } from './log-file.ts'
import { LOG_NAME, type LogLayout } from './sidecar.ts'
import { type RowLayout, isSameLayout, isSameList } from './row-layout.ts'
import { type Survey, survey } from './survey.ts'

/** The folder of a dataset that holds our working files. */
export const WORKING_FOLDER = '.flagging'
/** The file in it that says what the columns of each log are. */
export const SIDECAR_NAME = 'components.json'

// A directory may change twice within one tick of the file system's clock.
const CLOCK_TICK_MS = 100
const MAX_OPEN_LOGS = 4

/**
 * The logs of one dataset with their component list: what is known of them, kept up to date by
 * looking only at what changed. All of it is done under the dataset's lock, but for
 * {@link readAhead}.
 */
export class DatasetFiles {
  readonly #context: LogContext
  readonly #guard: string
  readonly #logs = new Map<string, LogFile>()
  readonly #folders = new Set<string>()
  readonly #list: ComponentList
  #listedAt: number | undefined
  #unsynced = false

  /** @param guard the path whose loss means that the dataset was removed */
  constructor(context: LogContext, guard: string) {
    this.#context = context
    this.#guard = guard
    this.#list = new ComponentList(context, SIDECAR_NAME)
  }

  /** How many samples the dataset has, over all logs. */
  get samples(): number {
    let samples = 0
    for (const log of this.#logs.values()) samples += log.samples
    return samples
  }

  /** The number of the next sample. */
  get next(): number {
    return this.samples + this.#list.skipped
  }

  /** Makes the folders that are missing and forgets what was known of others in their place. */
  async begin(): Promise<void> {
    const { fs, dir, folder, sync, quick } = this.#context
    await this.close()
    this.#logs.clear()
    this.#folders.clear()
    this.#list.forget()
    this.#listedAt = undefined
    await makeDirectories(fs, folder, sync)
    await quick.begin(fs, folder)
    // Others may have made these just now and not brought them to the disk yet: the folder of an
    // endpoint lies in one that all endpoints share.
    for (const above of sync ? [dirname(dir), dirname(dirname(dir))] : []) {
      await unless('EACCES EPERM', fs.syncDirectory(above))
    }
    this.#unsynced = true
  }

  /** Looks at everything that others may have changed. */
  survey(): Survey | Promise<Survey> {
    const found = survey(this.#context, {
      guard: this.#guard,
      sidecar: this.#list.path,
      logs: this.#logs,
    })
    if (found instanceof Promise) return found.then((looked) => this.#withNewLogs(looked))
    return this.#isListed(found) ? found : this.#withNewLogs(found)
  }

  /** How many bytes {@link catchUp} would have to read. */
  unread({ logs }: Survey): number {
    let bytes = 0
    for (const [name, found] of logs) bytes += this.#logs.get(name)?.unread(found) ?? 0
    return bytes
  }

  /** Reads what was found without the lock. */
  async readAhead({ logs }: Survey): Promise<void> {
    for (const [name, found] of logs) {
      if (found?.kind === 'file') await this.#logs.get(name)?.readAhead(found)
    }
  }

  /** Takes in what was found. */
  async catchUp({ sidecar, logs }: Survey): Promise<void> {
    const { skipped } = this.#list
    await this.#list.catchUp(sidecar)
    // Rows were deleted: where no descriptor keeps it, a log's inode may be that of another one now.
    if (this.#list.skipped !== skipped) {
      for (const log of this.#logs.values()) if (!log.isOpen) await log.forget()
    }
    for (const [name, found] of logs) {
      let isOther: boolean | undefined = true
      try {
        isOther = await this.#logs.get(name)?.catchUp(found)
      } finally {
        // A file that we did not make may not have its name on the disk yet.
        if (isOther === true) this.#unsynced = true
      }
    }
  }

  /** The log for rows of a layout: the one that has such rows, else the first that is free. */
  logFor(layout: RowLayout): LogFile {
    const names = [...new Set([...this.#logs.keys(), ...this.#list.logs.keys()])]
    const name = names.sort(byNumber).find((at) => this.#matches(at, layout)) ?? this.#freeName()
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = new LogFile(name, this.#context)
      this.#logs.set(name, log)
    }
    return log
  }

  /**
   * Appends rows to a log of this dataset.
   * @param next the number of the next sample after them
   * @returns what {@link LogFile.append} gives
   */
  async append(
    log: LogFile,
    layout: RowLayout,
    rows: readonly string[][],
    next: number,
  ): Promise<Uint8Array> {
    const skipped = next - rows.length - this.samples
    const isDescribed = !log.blank || isSameLayout(this.#list.logs.get(log.name), layout)
    if (!isDescribed || skipped !== this.#list.skipped) {
      const logs = isDescribed ? this.#list.logs : new Map([...this.#list.logs, [log.name, layout]])
      await this.#list.save({ skipped, logs })
    }
    if (await log.create()) this.#unsynced = true
    await this.syncNames()
    // Of all rows that are not synced, a power failure then leaves the first ones: with some of one
    // log lost and those of another kept, numbers that rows have would be given out again.
    await this.#settleAllBut(log)
    const bytes = await log.append(layout.header, rows)
    if (this.#logs.size > MAX_OPEN_LOGS) {
      for (const other of this.#logs.values()) if (other !== log) await other.close()
    }
    return bytes
  }

  /** A log of this dataset, if it is known. */
  log(name: string): LogFile | undefined {
    return this.#logs.get(name)
  }

  /** What the dataset says of a log. */
  layoutOf(name: string): LogLayout | undefined {
    return this.#list.logs.get(name)
  }

  /**
   * Puts a copy of a log, less some rows, in its place. The numbers of those are never given out again.
   * @param file the copy, which is on the disk; the log's own from the moment that it is in place
   * @param path where it is
   * @param placed told when it is in place, where a failure does not change that any more
   */
  async replace(
    log: LogFile,
    file: OpenFile,
    path: string,
    extent: LogExtent,
    placed: () => void,
  ): Promise<void> {
    const lost = log.extent.records - extent.records
    if (lost > 0) {
      const { skipped, logs } = this.#list
      await this.#list.save({ skipped: skipped + lost, logs })
    }
    await this.#settleAllBut(log)
    const stat = await file.stat()
    await this.#context.fs.rename(path, log.path)
    this.#unsynced = true
    placed()
    await log.adopt(file, stat, extent)
    await this.syncNames()
  }

  /** Brings names in the dataset's folder to the disk that may not be there yet. */
  async syncNames(): Promise<void> {
    if (this.#unsynced) await this.#context.fs.syncDirectory(this.#context.dir)
    this.#unsynced = false
  }

  async #settleAllBut(log: LogFile): Promise<void> {
    for (const other of this.#logs.values()) if (other !== log) await other.settle()
  }

  /** Makes the folder of a label unless it is there, and refuses what is no folder. */
  async useFolder(name: string): Promise<void> {
    const { fs, dir } = this.#context
    const path = `${dir}/${name}`
    const found = await unless('ENOENT', fs.lstat(path))
    if (found === undefined) await fs.mkdir(path)
    else if (found.kind !== 'directory') {
      throw new FlaggingError('ERR_FLAGGING_STORE', `${name} is no directory: move it away`)
    }
    if (found !== undefined && this.#folders.has(name)) return
    this.#folders.add(name)
    this.#unsynced = true
  }

  /** Closes all logs. */
  async close(): Promise<void> {
    for (const log of this.#logs.values()) await log.close()
  }

  #isListed({ directory }: Survey): boolean {
    return directory === undefined || directory.mtimeMs === this.#listedAt
  }

  async #withNewLogs(found: Survey): Promise<Survey> {
    const { fs, dir } = this.#context
    const { directory, logs } = found
    if (directory === undefined || this.#isListed(found)) return found
    const isSettled = Date.now() - directory.mtimeMs > CLOCK_TICK_MS
    for (const { name } of await fs.readdir(dir)) {
      if (logs.has(name) || !LOG_NAME.test(name)) continue
      const log = new LogFile(name, this.#context)
      this.#logs.set(name, log)
      logs.set(name, await unless('ENOENT ENOTDIR', fs.lstat(log.path)))
    }
    this.#listedAt = isSettled ? directory.mtimeMs : undefined
    return found
  }

  #matches(name: string, layout: RowLayout): boolean {
    const log = this.#logs.get(name)
    const described = this.#list.logs.get(name)
    if (log === undefined || log.blank) return isSameLayout(described, layout)
    if (!isSameList(log.header, layout.header)) return false
    if (described !== undefined) return isSameLayout(described, layout)
    // Rows of unknown origin read as untyped, so only untyped ones may join them.
    return layout.components.every(({ type }) => type === 'any')
  }

  #freeName(): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? 'logs.csv' : `logs${number}.csv`
      if (this.#logs.get(name)?.blank ?? true) return name
    }
  }
}

function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b)
}

function numberOf(name: string): number {
  return Number(name.slice('logs'.length, -'.csv'.length) || 1)
}
