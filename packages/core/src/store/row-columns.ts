import { badRow, isBadRow } from './bad-row.ts'
import { ClaimedFiles } from './claimed-files.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { LogBytes } from './log-bytes.ts'
import type { LogColumn } from './log-column.ts'
import { BadSpan, type LogEntry, type RowForm, problemOf } from './log-entry.ts'
import { entriesFrom, firstRecord } from './log-records.ts'
import { ownColumns, ownLabels } from './own-columns.ts'
import { MAX_CELL } from './sample-row.ts'
import type { LogLayout } from './sidecar.ts'

const NOBODY_ASKED = { inputs: undefined, outputs: undefined }

/** An open log of ours, read for what its rows are and which files they name. */
export class RowColumns {
  readonly columns: readonly LogColumn[]
  readonly #file: OpenFile
  readonly #size: number
  readonly #form: RowForm
  readonly #claims: ClaimedFiles
  readonly #start: number

  private constructor(
    fs: FileSystem,
    dir: string,
    log: OpenLog,
    first: { readonly cells: readonly string[]; readonly end: number },
  ) {
    this.#claims = new ClaimedFiles(fs, dir)
    this.#file = log.file
    this.#size = log.size
    this.#start = first.end
    // As the reader takes them: empty columns at the end are a spreadsheet's.
    const width = first.cells.findLastIndex((cell) => cell !== '') + 1
    const labels = ownLabels(first.cells.slice(0, width))
    this.columns = ownColumns(labels, log.layout, NOBODY_ASKED, this.#claims)
    this.#form = { width: first.cells.length, maxCell: MAX_CELL }
  }

  /**
   * Reads the header of a log; `undefined` if there are no rows.
   * @throws an error of a bad row if the header cannot be read
   */
  static async of(fs: FileSystem, dir: string, log: OpenLog): Promise<RowColumns | undefined> {
    const first = await firstRecord(new LogBytes(log.file, log.size))
    if (first === undefined) return undefined
    const problem = problemOf(first, first.cells.length)
    if (problem !== undefined) throw badRow(`its first line is broken: ${problem}`)
    return new RowColumns(fs, dir, log, first)
  }

  /** Where the first row starts. */
  get start(): number {
    return this.#start
  }

  /** Up to where it is read. */
  get end(): number {
    return this.#size
  }

  /** Its rows, in the batches that they are read in, and what is no row. */
  entries(): AsyncGenerator<LogEntry[]> {
    return entriesFrom(new LogBytes(this.#file, this.#size), this.#form, this.#start)
  }

  /** The files that a row names, where the loader would open them. */
  async filesOf(entry: LogEntry): Promise<string[]> {
    if (entry instanceof BadSpan) return []
    const files: string[] = []
    for (const [index, { read }] of this.columns.entries()) {
      const cell = entry.cells[index] ?? ''
      if (!cell.includes('/')) continue
      try {
        await read(cell)
        files.push(...this.#claims.take())
      } catch (error) {
        if (!isBadRow(error)) throw error
        this.#claims.take()
      }
    }
    return files
  }
}

/** A log, open for reading. */
export interface OpenLog {
  readonly file: OpenFile
  /** Up to where it is read. */
  readonly size: number
  /** What the dataset says of it. */
  readonly layout: LogLayout | undefined
}
