import { isBadRow } from '../store/bad-row.ts'
import { ClaimedFiles } from '../store/claimed-files.ts'
import { readRange } from '../store/disk.ts'
import { FILE_NAMES, MAX_FILE_NAME } from '../store/file-mentions.ts'
import type { FileStat, FileSystem, OpenFile } from '../store/file-system.ts'
import type { FoundLog } from '../store/find-logs.ts'
import { gradioColumns, gradioLabels, isGradioHeader } from '../store/gradio.ts'
import { labelFolders } from '../store/label-folder.ts'
import { LogBytes } from '../store/log-bytes.ts'
import type { LogColumn } from '../store/log-column.ts'
import { BadSpan, HOLE, type LogEntry, UNFINISHED, problemOf } from '../store/log-entry.ts'
import { entriesFrom, firstRecord } from '../store/log-records.ts'
import { endOfRows } from '../store/log-scan.ts'
import { ownColumns, ownLabels } from '../store/own-columns.ts'
import type { ParsedRecord } from '../store/record-parser.ts'
import { BadDraft, type LogPlan, RowDraft, logPlan } from '../store/row-draft.ts'
import { MAX_CELL } from '../store/sample-row.ts'
import type { LogLayout } from '../store/sidecar.ts'

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

/** What is wrong with a row itself; `tail` if its writing was interrupted. */
export type Damage = 'tail' | 'hole' | 'bad_row'

/** A row as it was found, or what stands in the place of one. */
export interface FoundRow {
  readonly start: number
  /** The offset behind its last byte. */
  readonly end: number
  /** Its position in its dataset. */
  readonly row: number
  /** Set if it cannot be read. */
  readonly damage: Damage | undefined
  /** Why it cannot be read. */
  readonly problem: string | undefined
  /** The files that it names; if it cannot be read, what may be the names of some, without folders. */
  readonly files: readonly string[]
  /** Whether files that it names are gone, where their names are not known: Gradio's. */
  readonly isMissing: boolean
}

/** Opens a log and reads its first line; a symbolic link is not followed. */
export async function openLog(place: LogPlace, log: FoundLog): Promise<LogRows> {
  const file = await place.fs.open(`${place.dir}/${log.name}`, 'read')
  try {
    const stat = await file.stat()
    const end = log.kind === 'own' ? await endOfRows(file, stat.size) : stat.size
    const first = await firstRecord(new LogBytes(file, end))
    return new LogRows(place, log, { file, stat, end, first })
  } catch (error) {
    await file.close()
    throw error
  }
}

/** A log that was opened. */
interface Opened {
  readonly file: OpenFile
  readonly stat: FileStat
  /** Where its rows end: with the file, or with the first byte of a hole that a crash has left. */
  readonly end: number
  readonly first: ParsedRecord | undefined
}

/** An open log whose first line was read. */
export class LogRows {
  readonly name: string
  readonly title: string
  readonly kind: FoundLog['kind']
  readonly file: OpenFile
  /** The file as it was when it was opened; nothing is read behind its end. */
  readonly stat: FileStat
  /** The folders of its columns; none for Gradio's. */
  readonly folders: readonly string[]
  readonly #end: number
  readonly #first: ParsedRecord | undefined
  readonly #hasHeader: boolean
  readonly #claims: ClaimedFiles
  readonly #plan: LogPlan | undefined

  /** @param opened the file, with its first line if there is one */
  constructor(place: LogPlace, { name, kind }: FoundLog, opened: Opened) {
    const { fs, dir, endpoint } = place
    const { file, stat, end, first } = opened
    this.name = name
    this.title = endpoint === null ? name : `${endpoint}/${name}`
    this.kind = kind
    this.file = file
    this.stat = stat
    this.#end = end
    this.#first = first
    this.#hasHeader = kind !== 'classic' || isGradioHeader(first?.cells ?? [])
    this.#claims = new ClaimedFiles(fs, dir)
    const isWhole = first && problemOf(first, first.cells.length) === undefined
    const columns = isWhole ? this.#columns(place, first.cells) : undefined
    this.#plan = columns && logPlan(this.title, { name, endpoint, columns, absent: [] })
    this.folders = kind === 'own' && columns ? labelFolders(columns.map(({ label }) => label)) : []
  }

  /** Whether its first line tells what the others are, or there is none yet. */
  get isReadable(): boolean {
    return this.#plan !== undefined || this.isBlank
  }

  /** Whether it has no whole line yet, so that a writer may be at its first one. */
  get isBlank(): boolean {
    return this.#first === undefined || !this.#first.terminated
  }

  /** Whether it ends in a hole, and in what an interrupted write left behind that. */
  get endsInHole(): boolean {
    return this.#end < this.stat.size
  }

  /** Where its rows start, or would. */
  get start(): number {
    if (this.#first === undefined) return this.stat.size
    return this.#hasHeader && this.#first.terminated ? this.#first.end : this.#first.start
  }

  /**
   * Its rows from an offset on, in batches as they are read.
   * @param row the position of the next row in its dataset
   * @param from where a row starts
   */
  async *read(
    row: number,
    from: number = this.start,
    to: number = this.#end,
  ): AsyncGenerator<FoundRow[]> {
    const plan = this.#plan
    if (plan === undefined) return
    const maxCell = this.kind === 'own' ? MAX_CELL : Number.POSITIVE_INFINITY
    const form = { width: plan.columns.length, maxCell }
    let next = row
    for await (const entries of entriesFrom(new LogBytes(this.file, to), form, from)) {
      yield await Promise.all(entries.map((entry) => this.#look(plan, entry, next++)))
    }
  }

  /** What may be the names of files from an offset on, without folders. */
  async filesFrom(start: number): Promise<readonly string[]> {
    return (await lookInto(this.file, start, this.stat.size)).files
  }

  close(): Promise<void> {
    return this.file.close()
  }

  #columns({ fs, dir, layout }: LogPlace, first: readonly string[]): LogColumn[] {
    if (this.kind === 'own') {
      return ownColumns(ownLabels(first), layout, NOBODY_ASKED, this.#claims)
    }
    if (!this.#hasHeader) return first.map(bareColumn)
    return gradioColumns(gradioLabels(first), true, NOBODY_ASKED, fs, dir)
  }

  async #look(plan: LogPlan, entry: LogEntry, row: number): Promise<FoundRow> {
    const { start, end } = entry
    const place = { start, end, row }
    if (entry instanceof BadSpan) {
      const { hasHole, files } = await lookInto(this.file, start, end)
      const isTail = entry.why === UNFINISHED
      const span = hasHole && !isTail ? new BadSpan(start, end, HOLE) : entry
      const problem = problemIn(new BadDraft(plan, span, row))
      const damage = isTail ? 'tail' : hasHole ? 'hole' : 'bad_row'
      return { ...place, damage, problem, files, isMissing: false }
    }
    try {
      const reading = new RowDraft(plan, entry, row).read()
      // At once: the next row names its own.
      const files = this.#claims.take()
      const isMissing = (await reading).details.missing.length > 0
      return { ...place, damage: undefined, problem: undefined, files, isMissing }
    } catch (error) {
      if (!isBadRow(error)) throw error
      const { files } = await lookInto(this.file, start, end)
      return { ...place, damage: 'bad_row', problem: error.message, files, isMissing: false }
    }
  }
}

/** Why a part of a log is no row, with its place. */
function problemIn(draft: BadDraft): string {
  try {
    draft.read()
  } catch (error) {
    if (isBadRow(error)) return error.message
  }
  return ''
}

/** What can be told of bytes that are no row. */
async function lookInto(
  file: OpenFile,
  from: number,
  to: number,
): Promise<{ hasHole: boolean; files: string[] }> {
  const files: string[] = []
  let hasHole = false
  let rest = ''
  for await (const chunk of readRange(file, from, to)) {
    hasHole ||= chunk.includes(0)
    const text = rest + Buffer.from(chunk).toString('latin1')
    for (const [, name = ''] of text.matchAll(FILE_NAMES)) files.push(name)
    rest = text.slice(-MAX_FILE_NAME)
  }
  return { hasHole, files }
}

/** A column of a log without a header: nobody knows what is in it. */
function bareColumn(_cell: string, index: number): LogColumn {
  return { label: String(index), part: 'inputs', read: (cell) => cell }
}
