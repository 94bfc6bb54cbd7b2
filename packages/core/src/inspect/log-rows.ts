import { isBadRow } from '../store/bad-row.ts'
import { readRange } from '../store/disk.ts'
import type { FileStat, FileSystem, OpenFile } from '../store/file-system.ts'
import type { FoundLog } from '../store/find-logs.ts'
import { gradioColumns, gradioLabels, isGradioHeader } from '../store/gradio.ts'
import { labelFolders } from '../store/label-folder.ts'
import type { LogColumn } from '../store/log-column.ts'
import { ownColumns, ownLabels } from '../store/own-columns.ts'
import { type ParsedRecord, RecordParser } from '../store/record-parser.ts'
import { type LogPlan, RowDraft } from '../store/row-draft.ts'
import type { LogLayout } from '../store/sidecar.ts'
import { ClaimedFiles } from './claimed-files.ts'

/** What is parsed at once. */
const PIECE = 16 * 1024
const NOBODY_ASKED = { inputs: undefined, outputs: undefined }

/** Where a log lies. */
export interface LogPlace {
  readonly fs: FileSystem
  readonly dir: string
  /** The folder of the dataset, if it is an endpoint's. */
  readonly endpoint: string | null
  /** What the dataset says of the log. */
  readonly layout: LogLayout | undefined
}

/** A row as it was found. */
export interface FoundRow {
  readonly record: ParsedRecord
  /** Its position in its dataset. */
  readonly row: number
  /** Why it cannot be read; `undefined` if it can. */
  readonly problem: string | undefined
  /** The files that it names; of a row that cannot be read, nobody knows. */
  readonly files: readonly string[]
  /** Whether files that it names are gone, where their names are not known: Gradio's. */
  readonly isMissing: boolean
}

/** Opens a log and reads its first line; a symbolic link is not followed. */
export async function openLog(place: LogPlace, log: FoundLog): Promise<LogRows> {
  const file = await place.fs.open(`${place.dir}/${log.name}`, 'read')
  try {
    const stat = await file.stat()
    return new LogRows(place, log, file, stat, await firstRecord(file, stat.size))
  } catch (error) {
    await file.close()
    throw error
  }
}

/** An open log whose first line was read. */
export class LogRows {
  readonly name: string
  readonly title: string
  readonly kind: FoundLog['kind']
  /** The file as it was when it was opened; nothing is read behind its end. */
  readonly stat: FileStat
  /** The folders of its columns; none for Gradio's. */
  readonly folders: readonly string[]
  readonly #file: OpenFile
  readonly #first: ParsedRecord | undefined
  readonly #hasHeader: boolean
  readonly #claims: ClaimedFiles
  readonly #plan: LogPlan | undefined

  /** @param first its first line; `undefined` if there is none */
  constructor(
    place: LogPlace,
    { name, kind }: FoundLog,
    file: OpenFile,
    stat: FileStat,
    first: ParsedRecord | undefined,
  ) {
    const { fs, dir, endpoint } = place
    this.name = name
    this.title = endpoint === null ? name : `${endpoint}/${name}`
    this.kind = kind
    this.stat = stat
    this.#file = file
    this.#first = first
    this.#hasHeader = kind !== 'classic' || isGradioHeader(first?.cells ?? [])
    this.#claims = new ClaimedFiles(fs, dir)
    const columns = first && isWhole(first) ? this.#columns(place, first.cells) : undefined
    this.#plan = columns && { name, title: this.title, endpoint, columns, absent: [] }
    this.folders =
      kind === 'own' && columns ? labelFolders(columns.map(({ label }) => label)) : []
  }

  /** Whether its first line tells what the others are, or there is none yet. */
  get isReadable(): boolean {
    return this.#plan !== undefined || this.isBlank
  }

  /** Whether it has no whole line yet, so that a writer may be at its first one. */
  get isBlank(): boolean {
    return this.#first === undefined || !this.#first.terminated
  }

  /** Where its rows start, or would. */
  get start(): number {
    if (this.#first === undefined) return this.stat.size
    return this.#hasHeader && this.#first.terminated ? this.#first.end : this.#first.start
  }

  /**
   * Its rows from an offset on, in batches as they are read.
   * @param row the position of the next row in its dataset
   * @param from where a record starts; only 0 if the first line is to be left out
   */
  async *read(row: number, from = 0, to: number = this.stat.size): AsyncGenerator<FoundRow[]> {
    const plan = this.#plan
    if (plan === undefined) return
    let isFirst = from === 0 && this.#hasHeader
    let next = row
    for await (const batch of recordsOf(this.#file, from, to)) {
      let records = batch.filter(({ cells }) => cells.length !== 1 || cells[0] !== '')
      if (isFirst && records.length > 0) {
        records = records.slice(1)
        isFirst = false
      }
      const rows = records.map((record) => this.#look(plan, record, next++))
      yield await Promise.all(rows)
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #columns({ fs, dir, layout }: LogPlace, first: readonly string[]): LogColumn[] {
    if (this.kind === 'own') {
      return ownColumns(ownLabels(first), layout, NOBODY_ASKED, this.#claims)
    }
    if (!this.#hasHeader) return first.map(bareColumn)
    return gradioColumns(gradioLabels(first), true, NOBODY_ASKED, fs, dir)
  }

  async #look(plan: LogPlan, record: ParsedRecord, row: number): Promise<FoundRow> {
    let problem: string | undefined
    let isMissing = false
    // Of the row before: what it named until its cells turned out to be wrong.
    this.#claims.take()
    let files: string[] = []
    try {
      const reading = new RowDraft(plan, record, row).read()
      files = this.#claims.take()
      isMissing = (await reading).details.missing.length > 0
    } catch (error) {
      if (!isBadRow(error)) throw error
      problem = error.message
    }
    return { record, row, problem, files, isMissing }
  }
}

/** The records between two offsets, in batches. */
export async function* recordsOf(
  file: OpenFile,
  from: number,
  to: number,
): AsyncGenerator<ParsedRecord[]> {
  const parser = new RecordParser(from)
  for await (const chunk of readRange(file, from, to)) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      yield parser.push(chunk.subarray(at, at + PIECE))
    }
  }
  yield parser.end()
}

async function firstRecord(file: OpenFile, size: number): Promise<ParsedRecord | undefined> {
  for await (const batch of recordsOf(file, 0, size)) {
    const first = batch.find(({ cells }) => cells.length !== 1 || cells[0] !== '')
    if (first !== undefined) return first
  }
  return undefined
}

function isWhole({ cells, terminated }: ParsedRecord): boolean {
  return terminated && cells.length > 0 && !cells.some((cell) => cell.includes('\0'))
}

/** A column of a log without a header: nobody knows what is in it. */
function bareColumn(_cell: string, index: number): LogColumn {
  return { label: String(index), part: 'inputs', read: (cell) => cell }
}
