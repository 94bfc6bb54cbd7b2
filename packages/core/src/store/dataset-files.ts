import { dirname } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { makeDirectories, randomName, unless } from './disk.ts'
import type { FileStat } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import { LogFile } from './log-file.ts'
import { EMPTY_SIDECAR, LOG_NAME, type Sidecar, readSidecar, writeSidecar } from './sidecar.ts'
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
  #sidecar: Sidecar = EMPTY_SIDECAR
  #sidecarStat: FileStat | undefined
  #listedAt: number | undefined
  #unsynced = false

  /** @param guard the path whose loss means that the dataset was removed */
  constructor(context: LogContext, guard: string) {
    this.#context = context
    this.#guard = guard
  }

  /** How many samples the dataset has, over all logs. */
  get samples(): number {
    let samples = 0
    for (const log of this.#logs.values()) samples += log.samples
    return samples
  }

  /** The number of the next sample. */
  get next(): number {
    return this.samples + this.#sidecar.skipped
  }

  /** Makes the folders that are missing and forgets what was known of others in their place. */
  async begin(): Promise<void> {
    const { fs, dir, folder, sync, quick } = this.#context
    await this.close()
    this.#logs.clear()
    this.#folders.clear()
    this.#sidecar = EMPTY_SIDECAR
    this.#sidecarStat = this.#listedAt = undefined
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
    const { folder } = this.#context
    const guard = this.#guard
    const found = survey(this.#context, {
      guard,
      sidecar: `${folder}/${SIDECAR_NAME}`,
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
    if (!isSameFile(sidecar, this.#sidecarStat)) await this.#loadSidecar(sidecar)
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
    const names = [...new Set([...this.#logs.keys(), ...this.#sidecar.logs.keys()])]
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
    const { fs, dir } = this.#context
    const skipped = next - rows.length - this.samples
    const isDescribed = !log.blank || isSameLayout(this.#sidecar.logs.get(log.name), layout)
    if (!isDescribed || skipped !== this.#sidecar.skipped) {
      const logs = isDescribed
        ? this.#sidecar.logs
        : new Map([...this.#sidecar.logs, [log.name, layout]])
      await this.#saveSidecar({ skipped, logs })
    }
    if (await log.create()) this.#unsynced = true
    if (this.#unsynced) await fs.syncDirectory(dir)
    this.#unsynced = false
    // Of all rows that are not synced, a power failure then leaves the first ones: with some of one
    // log lost and those of another kept, numbers that rows have would be given out again.
    for (const other of this.#logs.values()) if (other !== log) await other.settle()
    const bytes = await log.append(layout.header, rows)
    if (this.#logs.size > MAX_OPEN_LOGS) {
      for (const other of this.#logs.values()) if (other !== log) await other.close()
    }
    return bytes
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
    const described = this.#sidecar.logs.get(name)
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

  async #loadSidecar(found: FileStat | undefined): Promise<void> {
    const { fs, folder, report } = this.#context
    const path = `${folder}/${SIDECAR_NAME}`
    try {
      this.#sidecar = (found && (await readSidecar(fs, path))) ?? EMPTY_SIDECAR
      this.#sidecarStat = found
      // Its writer may have died before the name was on the disk.
      if (found !== undefined) await fs.syncDirectory(folder)
    } catch (error) {
      if (!(error instanceof FlaggingError)) throw error
      await fs.rename(path, `${folder}/broken-${randomName()}.json`)
      this.#sidecar = EMPTY_SIDECAR
      this.#sidecarStat = undefined
      report(error)
    }
  }

  async #saveSidecar(sidecar: Sidecar): Promise<void> {
    const { fs, folder } = this.#context
    await writeSidecar(fs, folder, SIDECAR_NAME, sidecar)
    this.#sidecar = sidecar
    this.#sidecarStat = await fs.lstat(`${folder}/${SIDECAR_NAME}`)
  }
}

function isSameFile(a: FileStat | undefined, b: FileStat | undefined): boolean {
  return a?.ino === b?.ino && a?.dev === b?.dev && a?.size === b?.size && a?.mtimeMs === b?.mtimeMs
}

function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b)
}

function numberOf(name: string): number {
  return Number(name.slice('logs'.length, -'.csv'.length) || 1)
}
