import { FlaggingError } from '../errors.ts'
import { badRow } from './bad-row.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from './dataset-files.ts'
import { errnoOf, unless } from './disk.ts'
import type { Drafts } from './draft.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { FoundDataset, FoundLog } from './find-logs.ts'
import { gradioColumns, gradioLabels, isGradioHeader } from './gradio.ts'
import { LogBytes } from './log-bytes.ts'
import type { LogColumn, Side } from './log-column.ts'
import { NOT_UTF8, problemOf } from './log-entry.ts'
import { firstRecord } from './log-records.ts'
import { endOfRows } from './log-scan.ts'
import { ownColumns, ownLabels, unknownColumns } from './own-columns.ts'
import type { Asked, ReadSettings } from './read-options.ts'
import type { ParsedRecord } from './record-parser.ts'
import { IN_UTF16, isUTF16, otherDelimiter } from './resaved.ts'
import { type LogPlan, logPlan } from './row-draft.ts'
import { rowDrafts } from './row-drafts.ts'
import { MAX_CELL } from './sample-row.ts'
import { EMPTY_SIDECAR, type LogLayout, type Sidecar, readSidecar } from './sidecar.ts'
import { StoredFiles } from './stored-files.ts'

/** Characters of the longest cell that a log of a kind can have. */
const MAX_CELL_OF = { own: MAX_CELL, gradio: Infinity, classic: Infinity } as const
const CRLF = 0x0d0a
const NO_COLUMN: LogColumn = { label: '', part: undefined, read: () => null }
/** What opening fails with where there is a link, a directory or a socket. */
const NO_FILE = ['ELOOP', 'EISDIR', 'ENXIO']
const NOT_A_FILE = 'it is no regular file'

/** The rows of a dataset, log by log, as they come into memory. */
export async function* datasetDrafts(
  fs: FileSystem,
  dataset: FoundDataset,
  settings: ReadSettings,
): AsyncGenerator<Drafts> {
  const reader = new DatasetReader(fs, dataset, settings, await sidecarOf(fs, dataset.dir))
  for (const log of dataset.logs) {
    if (log.isFile) yield* reader.read(log)
    else reader.leaveOut(log, NOT_A_FILE)
  }
}

/** What a dataset says of itself; nothing if that cannot be used. */
async function sidecarOf(fs: FileSystem, dir: string): Promise<Sidecar> {
  const folder = `${dir}/${WORKING_FOLDER}`
  try {
    if ((await fs.lstat(folder)).kind !== 'directory') return EMPTY_SIDECAR
    return (await readSidecar(fs, `${folder}/${SIDECAR_NAME}`)) ?? EMPTY_SIDECAR
  } catch {
    return EMPTY_SIDECAR
  }
}

class DatasetReader {
  readonly #fs: FileSystem
  readonly #dataset: FoundDataset
  readonly #asked: Asked
  readonly #onBad: ReadSettings['onBad']
  readonly #sidecar: Sidecar
  readonly #count = { next: 0 }

  constructor(fs: FileSystem, dataset: FoundDataset, settings: ReadSettings, sidecar: Sidecar) {
    this.#fs = fs
    this.#dataset = dataset
    this.#asked = settings.asked
    this.#onBad = settings.onBad
    this.#sidecar = sidecar
  }

  /** Tells of a log of which nothing is read. */
  leaveOut(log: FoundLog, why: string): void {
    this.#onBad(badRow(`${this.#titleOf(log)} is left out: ${why}`))
  }

  #titleOf({ name }: Pick<FoundLog, 'name'>): string {
    const { endpoint } = this.#dataset
    return endpoint === null ? name : `${endpoint}/${name}`
  }

  async *read(log: FoundLog): AsyncGenerator<Drafts> {
    const file = await this.#open(log)
    if (file === undefined) return
    try {
      const { kind, size } = await file.stat()
      if (kind !== 'file') return this.leaveOut(log, NOT_A_FILE)
      if (await isUTF16(new LogBytes(file, size))) return this.leaveOut(log, IN_UTF16)
      const bytes = new LogBytes(file, log.kind === 'own' ? await endOfRows(file, size) : size)
      const first = await firstRecord(bytes)
      if (first === undefined || !(await this.#isReadable(log, bytes, first))) return
      const plan = await this.#planOf(log, bytes, first)
      const form = { width: plan.columns.length, maxCell: MAX_CELL_OF[log.kind] }
      const from = hasHeader(log, first) ? first.end : first.start
      yield* rowDrafts(bytes, plan, form, from, this.#count)
    } finally {
      await file.close()
    }
  }

  /** Opens a log; what became of it since it was found is no fault of the reader's. */
  async #open(log: FoundLog): Promise<OpenFile | undefined> {
    try {
      return await unless('ENOENT', this.#fs.open(`${this.#dataset.dir}/${log.name}`, 'read'))
    } catch (error) {
      if (!NO_FILE.includes(errnoOf(error) ?? '')) throw error
      this.leaveOut(log, NOT_A_FILE)
      return undefined
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
    this.leaveOut(log, resaved ?? (problem === NOT_UTF8 ? problem : 'its first line is broken'))
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
    this.#onBad(
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

  #ownColumns(names: readonly string[], layout: LogLayout | undefined, spills = true): LogColumn[] {
    const files = new StoredFiles(this.#fs, this.#dataset.dir, spills)
    return ownColumns(names, layout, this.#asked, files)
  }

  #gradioColumns(labels: readonly string[], hasHeader: boolean): LogColumn[] {
    return gradioColumns(labels, hasHeader, this.#asked, this.#fs, this.#dataset.dir)
  }

  #labelsAsked(name: string, width: number): string[] {
    const { inputs, outputs } = this.#asked
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
    const { inputs = [], outputs = [] } = this.#asked
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
