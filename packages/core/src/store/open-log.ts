import { FlaggingError } from '../errors.ts'
import { badRow } from './bad-row.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from './dataset-files.ts'
import { errnoOf, unless } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { FoundDataset, FoundLog } from './find-logs.ts'
import { gradioColumns, gradioLabels, isGradioHeader } from './gradio.ts'
import { LogBytes } from './log-bytes.ts'
import type { LogColumn, Side } from './log-column.ts'
import { NOT_UTF8, type RowForm, problemOf } from './log-entry.ts'
import { firstRecord } from './log-records.ts'
import { endOfRows } from './log-scan.ts'
import { ownColumns, ownLabels, unknownColumns } from './own-columns.ts'
import type { ReadSettings } from './read-options.ts'
import type { ParsedRecord } from './record-parser.ts'
import { IN_UTF16, isUTF16, otherDelimiter } from './resaved.ts'
import { type LogPlan, logPlan } from './row-draft.ts'
import { MAX_CELL } from './sample-row.ts'
import { EMPTY_SIDECAR, type LogLayout, type Sidecar, readSidecar } from './sidecar.ts'
import { StoredFiles } from './stored-files.ts'

/** Characters of the longest cell that a log of a kind can have. */
const MAX_CELL_OF = { own: MAX_CELL, gradio: Infinity, classic: Infinity } as const
const CRLF = 0x0d0a
const NO_COLUMN: LogColumn = { label: '', part: undefined, read: () => null }
/** What opening fails with where there is a link, a directory or a socket. */
const NO_FILE = ['ELOOP', 'EISDIR', 'ENXIO']
/** What a dataset is asked in vain with that says nothing of itself. */
const NO_LIST = ['ENOENT', 'ENOTDIR']
const NOT_A_FILE = 'it is no regular file'

/** What a dataset says of itself; nothing if that cannot be used. */
async function sidecarOf(
  fs: FileSystem,
  dir: string,
  { needsTypes, onBad }: OpenSettings,
): Promise<Sidecar> {
  const folder = `${dir}/${WORKING_FOLDER}`
  try {
    if ((await fs.lstat(folder)).kind !== 'directory') return EMPTY_SIDECAR
    return (await readSidecar(fs, `${folder}/${SIDECAR_NAME}`)) ?? EMPTY_SIDECAR
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (needsTypes !== true || NO_LIST.includes(errno)) return EMPTY_SIDECAR
    // Too few descriptors, say: the next time it can be read.
    if (errno !== '') throw error
    onBad(badRow((error as Error).message))
    return EMPTY_SIDECAR
  }
}

/** A log that is open, and how its rows read. */
export interface OpenLog {
  /** To be closed by whoever has it. */
  readonly file: OpenFile
  readonly bytes: LogBytes
  readonly plan: LogPlan
  readonly form: RowForm
  /** The offset of its first row. */
  readonly from: number
}

/** How logs are opened. */
export interface OpenSettings extends Pick<ReadSettings, 'asked' | 'onBad'> {
  /**
   * Whether a value that lies in a file of its own is read; else it is given as the file. Those of our
   * own columns are always read.
   */
  readonly spills: boolean
  /**
   * Whether a log ends before the first hole that a power failure left near its end, and not behind
   * it: to find one, a few megabytes are read.
   */
  readonly endsAtHole: boolean
  /**
   * Whether nothing is read for as long as the disk refuses what the dataset says of its columns, and
   * `onBad` is told where that is damaged; else they are read without types, and without a word.
   */
  readonly needsTypes?: boolean
}

/** Opens the logs of a dataset. */
export class LogOpener {
  readonly #fs: FileSystem
  readonly #dataset: FoundDataset
  readonly #settings: OpenSettings
  readonly #sidecar: Sidecar

  private constructor(
    fs: FileSystem,
    dataset: FoundDataset,
    settings: OpenSettings,
    sidecar: Sidecar,
  ) {
    this.#fs = fs
    this.#dataset = dataset
    this.#settings = settings
    this.#sidecar = sidecar
  }

  static async of(
    fs: FileSystem,
    dataset: FoundDataset,
    settings: OpenSettings,
  ): Promise<LogOpener> {
    return new LogOpener(fs, dataset, settings, await sidecarOf(fs, dataset.dir, settings))
  }

  #titleOf({ name }: Pick<FoundLog, 'name'>): string {
    const { endpoint } = this.#dataset
    return endpoint === null ? name : `${endpoint}/${name}`
  }

  /** Opens a log; `undefined` where nothing of it can be read, which `onBad` is told. */
  async open(log: FoundLog): Promise<OpenLog | undefined> {
    if (!log.isFile) return this.#leaveOut(log, NOT_A_FILE)
    const file = await this.#file(log)
    if (file === undefined) return undefined
    let open: OpenLog | undefined
    try {
      return (open = await this.#look(log, file))
    } finally {
      if (open === undefined) await file.close()
    }
  }

  async #look(log: FoundLog, file: OpenFile): Promise<OpenLog | undefined> {
    const { kind, size } = await file.stat()
    if (kind !== 'file') return this.#leaveOut(log, NOT_A_FILE)
    if (await isUTF16(new LogBytes(file, size))) return this.#leaveOut(log, IN_UTF16)
    const looks = log.kind === 'own' && this.#settings.endsAtHole
    const bytes = new LogBytes(file, looks ? await endOfRows(file, size) : size)
    const first = await firstRecord(bytes)
    if (first === undefined || !(await this.#isReadable(log, bytes, first))) return undefined
    const plan = await this.#planOf(log, bytes, first)
    const form = { width: plan.columns.length, maxCell: MAX_CELL_OF[log.kind] }
    return { file, bytes, plan, form, from: hasHeader(log, first) ? first.end : first.start }
  }

  #leaveOut(log: FoundLog, why: string): undefined {
    this.#settings.onBad(badRow(`${this.#titleOf(log)} is left out: ${why}`))
  }

  /** Opens a log; what became of it since it was found is no fault of the reader's. */
  async #file(log: FoundLog): Promise<OpenFile | undefined> {
    try {
      return await unless('ENOENT', this.#fs.open(`${this.#dataset.dir}/${log.name}`, 'read'))
    } catch (error) {
      if (!NO_FILE.includes(errnoOf(error) ?? '')) throw error
      return this.#leaveOut(log, NOT_A_FILE)
    }
  }

  /** Whether the first record can say what the others are. */
  async #isReadable(log: FoundLog, bytes: LogBytes, first: ParsedRecord): Promise<boolean> {
    const layout = this.#sidecar.logs.get(log.name)
    const names = layout && [...layout.components.map(({ label }) => label), ...layout.columns]
    const isOwn = log.kind === 'own'
    const resaved = isOwn ? await otherDelimiter(bytes, first, names) : undefined
    const problem = problemOf(first, first.cells.length)
    if (problem === undefined && resaved === undefined) return true
    this.#leaveOut(log, resaved ?? (problem === NOT_UTF8 ? problem : 'its first line is broken'))
    return false
  }

  async #planOf(log: FoundLog, bytes: LogBytes, first: ParsedRecord): Promise<LogPlan> {
    const columns = hasHeader(log, first)
      ? this.#columnsOf(log, first.cells)
      : await this.#columnsAsked(log, bytes, first)
    return logPlan(this.#titleOf(log), {
      name: log.name,
      endpoint: this.#dataset.endpoint,
      columns,
      absent: this.#absent(columns),
    })
  }

  #columnsOf({ name, kind }: FoundLog, header: readonly string[]): LogColumn[] {
    if (kind !== 'own') return this.#gradioColumns(gradioLabels(header), true)
    const layout = this.#sidecar.logs.get(name)
    // Empty columns at the end are a spreadsheet's.
    const width = header.findLastIndex((cell) => cell !== '') + 1
    const columns = this.#ownColumns(ownLabels(header.slice(0, width)), layout)
    columns.push(...header.slice(width).map(() => NO_COLUMN))
    if (layout !== undefined) this.#tellUnknown(name, unknownColumns(columns, layout))
    return columns
  }

  #tellUnknown(name: string, columns: readonly number[]): void {
    if (columns.length === 0) return
    const which = `column ${columns.join(', ')}`
    this.#settings.onBad(
      badRow(`${this.#titleOf({ name })}: its header was edited: ${which} has no known type`),
    )
  }

  async #columnsAsked(log: FoundLog, bytes: LogBytes, first: ParsedRecord): Promise<LogColumn[]> {
    const labels = this.#labelsAsked(log.name, first.cells.length)
    // Without a header, what ends its lines tells whose log it is.
    const isGradio = (await lineEnd(bytes, first)) === CRLF
    return isGradio
      ? this.#gradioColumns(labels, false)
      : this.#ownColumns(labels, undefined, false)
  }

  #ownColumns(
    names: readonly string[],
    layout: LogLayout | undefined,
    spills = this.#settings.spills,
  ): LogColumn[] {
    const { dir } = this.#dataset
    const files = new StoredFiles(this.#fs, dir, spills)
    const texts = spills ? files : new StoredFiles(this.#fs, dir)
    return ownColumns(names, layout, this.#settings.asked, files, texts)
  }

  #gradioColumns(labels: readonly string[], hasHeader: boolean): LogColumn[] {
    return gradioColumns(labels, hasHeader, this.#settings.asked, this.#fs, this.#dataset.dir)
  }

  #labelsAsked(name: string, width: number): string[] {
    const { inputs, outputs } = this.#settings.asked
    if (inputs === undefined) {
      throw new FlaggingError(
        'ERR_FLAGGING_OPTION',
        `${name} has no header: say what its columns are with \`inputs\` and \`outputs\``,
      )
    }
    const labels = [...inputs, ...(outputs ?? [])].map(({ label }) => label)
    return outputs === undefined && width === labels.length + 1 ? [...labels, 'Output'] : labels
  }

  #absent(columns: readonly LogColumn[]): (readonly [Side, string])[] {
    const { inputs = [], outputs = [] } = this.#settings.asked
    const labels = new Set(
      columns.filter(({ part }) => part !== 'details').map(({ label }) => label),
    )
    const asked = [...inputs, ...outputs].filter(({ label }) => !labels.has(label))
    return asked.map(({ label, role }) => [role === 'input' ? 'inputs' : 'outputs', label])
  }
}

function hasHeader({ kind }: FoundLog, { cells }: ParsedRecord): boolean {
  return kind !== 'classic' || isGradioHeader(cells)
}

async function lineEnd(bytes: LogBytes, { end }: ParsedRecord): Promise<number> {
  const last = await bytes.read(Math.max(0, end - 2), 2)
  return last.length < 2 ? 0 : last.readUInt16BE()
}
