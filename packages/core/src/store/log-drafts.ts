import { FlaggingError } from '../errors.ts'
import { badRow } from './bad-row.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from './dataset-files.ts'
import { readRange, unless } from './disk.ts'
import type { Draft } from './draft.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { FoundDataset, FoundLog } from './find-logs.ts'
import { gradioColumns, gradioLabels, isGradioHeader } from './gradio.ts'
import type { LogColumn, Side } from './log-column.ts'
import { ownColumns, ownLabels } from './own-columns.ts'
import type { Asked, ReadSettings } from './read-options.ts'
import { type ParsedRecord, RecordParser } from './record-parser.ts'
import { type LogPlan, RowDraft } from './row-draft.ts'
import { EMPTY_SIDECAR, type LogLayout, type Sidecar, readSidecar } from './sidecar.ts'
import { StoredFiles } from './stored-files.ts'

/** What is parsed at once: rows that wait for their turn would only grow old. */
const PIECE = 16 * 1024
const CRLF = 0x0d0a

/** The rows of a dataset, log by log, in batches that a log was read in. */
export async function* datasetDrafts(
  fs: FileSystem,
  dataset: FoundDataset,
  settings: ReadSettings,
): AsyncGenerator<Draft[]> {
  const reader = new DatasetReader(fs, dataset, settings, await sidecarOf(fs, dataset.dir))
  for (const log of dataset.logs) {
    if (log.isFile) yield* reader.read(log)
    else settings.onBad(badRow(`${reader.titleOf(log)} is left out: it is no regular file`))
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
  #n = 0

  constructor(fs: FileSystem, dataset: FoundDataset, settings: ReadSettings, sidecar: Sidecar) {
    this.#fs = fs
    this.#dataset = dataset
    this.#asked = settings.asked
    this.#onBad = settings.onBad
    this.#sidecar = sidecar
  }

  titleOf({ name }: FoundLog): string {
    const { endpoint } = this.#dataset
    return endpoint === null ? name : `${endpoint}/${name}`
  }

  async *read(log: FoundLog): AsyncGenerator<Draft[]> {
    const file = await unless('ENOENT', this.#fs.open(`${this.#dataset.dir}/${log.name}`, 'read'))
    if (file === undefined) return
    try {
      let plan: LogPlan | undefined
      for await (const batch of recordsOf(file)) {
        let records = batch.filter(({ cells }) => !isEmptyLine(cells))
        const [first] = records
        if (first === undefined) continue
        if (plan === undefined) {
          if (!this.#isReadable(log, first)) return
          plan = await this.#planOf(log, file, first)
          if (hasHeader(log, first)) records = records.slice(1)
        }
        yield this.#drafts(plan, records)
      }
    } finally {
      await file.close()
    }
  }

  #drafts(plan: LogPlan, records: readonly ParsedRecord[]): Draft[] {
    return records.map((record) => new RowDraft(plan, record, this.#n++))
  }

  /** Whether the first record can say what the others are. */
  #isReadable(log: FoundLog, { cells, terminated }: ParsedRecord): boolean {
    const isWhole = terminated && cells.length > 0 && !cells.some((cell) => cell.includes('\0'))
    if (!isWhole) this.#onBad(badRow(`${this.titleOf(log)} is left out: its first line is broken`))
    return isWhole
  }

  async #planOf(log: FoundLog, file: OpenFile, first: ParsedRecord): Promise<LogPlan> {
    const columns = hasHeader(log, first)
      ? this.#columnsOf(log, first.cells)
      : await this.#columnsAsked(log, file, first)
    return {
      name: log.name,
      title: this.titleOf(log),
      endpoint: this.#dataset.endpoint,
      columns,
      absent: this.#absent(columns),
    }
  }

  #columnsOf({ name, kind }: FoundLog, header: readonly string[]): LogColumn[] {
    return kind === 'own'
      ? this.#ownColumns(ownLabels(header), this.#sidecar.logs.get(name))
      : this.#gradioColumns(gradioLabels(header), true)
  }

  async #columnsAsked(log: FoundLog, file: OpenFile, first: ParsedRecord): Promise<LogColumn[]> {
    const labels = this.#labelsAsked(log.name, first.cells.length)
    // Without a header, what ends its lines tells whose log it is.
    const isGradio = (await lineEnd(file, first)) === CRLF
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

function isEmptyLine(cells: readonly string[]): boolean {
  return cells.length === 1 && cells[0] === ''
}

/** The records of a log as it is now; what is appended meanwhile is not read. */
async function* recordsOf(file: OpenFile): AsyncGenerator<ParsedRecord[]> {
  const { kind, size } = await file.stat()
  if (kind !== 'file') throw new FlaggingError('ERR_FLAGGING_STORE', 'A log is no regular file')
  const parser = new RecordParser()
  for await (const chunk of readRange(file, 0, size)) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      yield parser.push(chunk.subarray(at, at + PIECE))
    }
  }
  yield parser.end()
}

async function lineEnd(file: OpenFile, { end }: ParsedRecord): Promise<number> {
  const bytes = Buffer.alloc(2)
  await file.read(bytes, 0, 2, Math.max(0, end - 2))
  return bytes.readUInt16BE()
}
