import { WORKING_FOLDER } from '../store/dataset-files.ts'
import { errnoOf, unless } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import type { FoundDataset } from '../store/find-logs.ts'
import { LOG_NAME } from '../store/sidecar.ts'
import { readSizes } from '../store/size-ledger.ts'
import { FileTable } from './file-table.ts'
import { Findings } from './findings.ts'
import { LabelFolders } from './label-folders.ts'
import { type LogRows, openLog } from './log-rows.ts'
import { Modes } from './modes.ts'
import { RowChecks } from './row-checks.ts'
import { isTorn } from './tail-state.ts'
import { type WorkingFolder, isOld, lookAtWorkingFolder } from './working-folder.ts'

const MAX_ROUNDS = 3

/** How a dataset is inspected. */
export interface InspectOptions {
  /** How many problems and how many notes are kept of each dataset. */
  readonly limit: number
  /** Told how many bytes of logs were read since it was told last. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** What is known of a log that was read. */
interface InspectedLog {
  readonly rows: LogRows
  /** The position in the dataset of the first row behind what was read. */
  readonly next: number
  /** Where what was read and is whole ends. */
  readonly end: number
}

/** What was found in a dataset. */
export interface Inspected {
  readonly findings: Findings
  readonly working: WorkingFolder
  readonly table: FileTable
  readonly logs: readonly InspectedLog[]
  /** Files that no row names, older than an hour. */
  readonly orphans: readonly string[]
  readonly close: () => Promise<void>
}

/**
 * Reads a dataset and says what is wrong with it. It writes nothing, and what writers do meanwhile is
 * no problem: folders are listed before the rows are read and files are looked for afterwards, and a
 * log that was cut or replaced is read anew. {@link Inspected.close} closes the logs.
 */
export async function inspectDataset(
  fs: FileSystem,
  dataset: FoundDataset,
  options: InspectOptions,
): Promise<Inspected> {
  for (let round = 1; ; round++) {
    const inspection = new DatasetInspection(fs, dataset, options)
    let isDone = false
    try {
      const inspected = await inspection.run()
      isDone = round === MAX_ROUNDS || (await inspection.isSteady())
      if (isDone) return inspected
    } finally {
      if (!isDone) await inspection.close()
    }
  }
}

class DatasetInspection {
  readonly #fs: FileSystem
  readonly #dataset: FoundDataset
  readonly #options: InspectOptions
  readonly #findings: Findings
  readonly #table = new FileTable()
  readonly #modes = new Modes()
  readonly #folders: LabelFolders
  readonly #checks: RowChecks
  readonly #open: LogRows[] = []
  readonly #read: InspectedLog[] = []
  /** Why a file that no row names may still be somebody's. */
  #doubt: string | undefined

  constructor(fs: FileSystem, dataset: FoundDataset, options: InspectOptions) {
    this.#fs = fs
    this.#dataset = dataset
    this.#options = options
    this.#findings = new Findings(dataset.endpoint ?? '.', options.limit)
    this.#folders = new LabelFolders(fs, dataset.dir, this.#table, this.#findings, this.#modes)
    this.#checks = new RowChecks(this.#table, this.#folders, this.#findings)
  }

  async run(): Promise<Inspected> {
    const { dir } = this.#dataset
    const findings = this.#findings
    this.#modes.look('.', await this.#fs.stat(dir))
    const working = await lookAtWorkingFolder(this.#fs, dir, findings, this.#modes)
    await this.#openLogs(working)
    for (const { folders } of this.#open) await this.#folders.list(folders)
    await this.#lookForOtherLogs()
    let row = 0
    for (const log of this.#open) row = await this.#readLog(log, row)
    this.#folders.tell()
    await this.#compareSizes(working.isFolder)
    const orphans = await this.#findOrphans()
    if (this.#open.some(({ kind }) => kind === 'own')) this.#modes.tell(findings)
    const close = (): Promise<void> => this.close()
    return { findings, working, table: this.#table, logs: this.#read, orphans, close }
  }

  /** Whether each log is still the one that was read. */
  async isSteady(): Promise<boolean> {
    for (const { name, stat } of this.#open) {
      const now = await unless('ENOENT', this.#fs.lstat(`${this.#dataset.dir}/${name}`))
      const isSame = now?.ino === stat.ino && now.dev === stat.dev
      if (!isSame || now.size < stat.size) return false
    }
    return true
  }

  async close(): Promise<void> {
    for (const log of this.#open) await log.close()
  }

  async #openLogs({ sidecar }: WorkingFolder): Promise<void> {
    const { dir, endpoint, logs } = this.#dataset
    for (const log of logs) {
      const { name } = log
      const title = endpoint === null ? name : `${endpoint}/${name}`
      if (!log.isFile) {
        this.#doubt = `${name} is no regular file`
        const message = `${title} is no regular file: move it away`
        this.#findings.problem('not_a_file', message, { log: name })
        continue
      }
      try {
        const place = { fs: this.#fs, dir, endpoint, layout: sidecar.logs.get(name) }
        const opened = await openLog(place, log)
        this.#open.push(opened)
        this.#modes.look(name, opened.stat)
        this.#findings.bytes += opened.stat.size
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') continue
        this.#unreadable(title, name, error)
      }
    }
  }

  /** A log that was put aside under another name may name any file. */
  async #lookForOtherLogs(): Promise<void> {
    for (const { name, kind } of await this.#fs.readdir(this.#dataset.dir)) {
      if (!name.startsWith('logs') || kind === 'directory' || LOG_NAME.test(name)) continue
      this.#doubt ??= `${name} may name them`
    }
  }

  async #readLog(log: LogRows, first: number): Promise<number> {
    if (!log.isReadable) {
      const message = `${log.title} is left out: its first line is broken`
      this.#findings.problem('bad_header', message, { log: log.name })
      this.#doubt ??= `the first line of ${log.name} is broken`
    }
    let next = first
    let told = 0
    let end = log.start
    let isWhole = !log.isBlank || log.start === log.stat.size
    try {
      for await (const batch of log.read(first)) {
        await this.#checks.take(log, batch)
        const last = batch.at(-1)
        if (last === undefined) continue
        next = last.row + 1
        isWhole = last.damage !== 'tail'
        end = batch.findLast(({ damage }) => damage !== 'tail')?.end ?? end
        this.#options.onBytes?.(last.end - told)
        told = last.end
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      this.#unreadable(log.title, log.name, error)
    }
    this.#options.onBytes?.(log.stat.size - told)
    this.#read.push({ rows: log, next, end })
    if (!isWhole) await this.#lookAtTail(log, end, Math.max(first, next - 1))
    return next
  }

  async #lookAtTail(log: LogRows, end: number, row: number): Promise<void> {
    const { name, title, stat } = log
    const { dir } = this.#dataset
    for (const file of await log.filesFrom(end)) this.#table.mention(file)
    if (!(await isTorn(this.#fs, `${dir}/${name}`, stat, `${dir}/${WORKING_FOLDER}`))) {
      this.#findings.inFlight++
      return
    }
    const bytes = stat.size - end
    const code = log.endsInHole ? 'hole' : 'torn_tail'
    const what = log.endsInHole
      ? 'an interrupted write has left NUL bytes, and what follows cannot be trusted'
      : 'its writer has died in the middle of it'
    const message = `${title}, row ${row} at bytes ${end} to ${stat.size - 1}: ${what}`
    this.#findings.problem(code, message, { log: name, row, byte: end, bytes })
  }

  /** After the rows: what was recorded for a file stands before its row. */
  async #compareSizes(isFolder: boolean): Promise<void> {
    const folder = `${this.#dataset.dir}/${WORKING_FOLDER}`
    const sizes = isFolder ? readSizes(this.#fs, folder) : []
    for await (const [path, size] of sizes) this.#table.record(path, size)
    for (const [file, { size, recorded, log = '', row }] of this.#table.named()) {
      if (recorded === -1) this.#findings.unrecorded++
      else if (recorded !== size) {
        const message = `${file} has ${size} bytes, and ${recorded} were stored`
        this.#findings.problem('wrong_size', message, { log, row, file, bytes: size })
      }
    }
  }

  async #findOrphans(): Promise<string[]> {
    const orphans: string[] = []
    for (const file of this.#table.unnamed()) {
      const stat = await this.#folders.find(file)
      if (stat === undefined || stat === null) continue
      if (stat.kind !== 'file') {
        this.#findings.problem('not_a_file', `${file} is no regular file: move it away`, { file })
      } else if (isOld(stat)) {
        orphans.push(file)
        if (this.#doubt !== undefined) continue
        const message = `${file} is named by no row`
        this.#findings.problem('orphan', message, { file, bytes: stat.size })
      } else this.#findings.inFlight++
    }
    if (orphans.length === 0 || this.#doubt === undefined) return orphans
    const what = orphans.length === 1 ? '1 file is' : `${orphans.length} files are`
    this.#findings.note('orphans_unknown', `${what} named by no row, but ${this.#doubt}`)
    return []
  }

  #unreadable(title: string, log: string, error: unknown): void {
    const code = errnoOf(error)
    if (code === undefined) throw error
    this.#doubt ??= `${log} cannot be read`
    const message = `${title} cannot be read (${code}): run this as a user who may`
    this.#findings.problem('unreadable', message, { log })
  }
}
