import type { FileTable } from './file-table.ts'
import type { Findings } from './findings.ts'
import type { LabelFolders } from './label-folders.ts'
import type { FoundRow, LogRows } from './log-rows.ts'

/** Looks at rows: whether they can be read, and whether the files that they name are there. */
export class RowChecks {
  readonly #table: FileTable
  readonly #folders: LabelFolders
  readonly #findings: Findings

  constructor(table: FileTable, folders: LabelFolders, findings: Findings) {
    this.#table = table
    this.#folders = folders
    this.#findings = findings
  }

  /** Takes rows of a log; an unfinished one is left to others. */
  async take(log: LogRows, batch: readonly FoundRow[]): Promise<void> {
    const lookups: Promise<void>[] = []
    for (const found of batch) {
      if (found.damage !== undefined) this.#bad(log, found)
      else {
        this.#findings.rows++
        if (found.isMissing) this.#missing(log, found)
        for (const path of found.files) lookups.push(this.#lookUp(log, found, path))
      }
    }
    await Promise.all(lookups)
  }

  #bad({ name }: LogRows, { start, end, row, damage, problem = '', files }: FoundRow): void {
    for (const file of files) this.#table.mention(file)
    if (damage === undefined || damage === 'tail') return
    const facts = { log: name, row, byte: start, bytes: end - start }
    this.#findings.problem(damage, problem, facts)
  }

  async #lookUp(log: LogRows, { start, row }: FoundRow, path: string): Promise<void> {
    const before = this.#table.name(path, log.name, row)
    const facts = { log: log.name, row, byte: start, file: path }
    const place = `${log.title}, row ${row} at byte ${start}`
    if (before.log !== undefined) {
      const other = before.row === row ? 'twice' : `as row ${before.row} of ${before.log} does`
      this.#findings.problem('shared_file', `${place}: it names ${path} ${other}`, facts)
      return
    }
    const stat = await this.#folders.find(path)
    if (stat === null) return
    if (stat === undefined) {
      this.#findings.problem('missing_file', `${place}: ${path} is gone`, facts)
    } else if (stat.kind !== 'file') {
      this.#findings.problem('not_a_file', `${place}: ${path} is no regular file`, facts)
    } else {
      this.#table.measure(path, stat.size)
      this.#findings.files++
      this.#findings.bytes += stat.size
    }
  }

  /** Of Gradio's files only the loader knows the names. */
  #missing(log: LogRows, { start, row }: FoundRow): void {
    const place = `${log.title}, row ${row} at byte ${start}`
    const facts = { log: log.name, row, byte: start }
    this.#findings.problem('missing_file', `${place}: a file that it names is gone`, facts)
  }
}
