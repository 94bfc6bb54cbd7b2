import { parseStoredPath } from '../store/cells.ts'
import { unless } from '../store/disk.ts'
import type { FileStat, FileSystem } from '../store/file-system.ts'
import type { FileTable } from './file-table.ts'
import type { Findings } from './findings.ts'
import type { Modes } from './modes.ts'

/** The folders of a dataset's columns. */
export class LabelFolders {
  readonly #fs: FileSystem
  readonly #dir: string
  readonly #table: FileTable
  readonly #findings: Findings
  readonly #modes: Modes
  readonly #kinds = new Map<string, FileStat['kind'] | undefined>()

  constructor(fs: FileSystem, dir: string, table: FileTable, findings: Findings, modes: Modes) {
    this.#fs = fs
    this.#dir = dir
    this.#table = table
    this.#findings = findings
    this.#modes = modes
  }

  /** Takes down what lies in them under a name of ours; each is listed once. */
  async list(folders: readonly string[]): Promise<void> {
    for (const folder of folders) {
      if (this.#kinds.has(folder) || (await this.#kindOf(folder)) !== 'directory') continue
      for (const { name } of await this.#fs.readdir(`${this.#dir}/${folder}`)) {
        const path = `${folder}/${name}`
        if (parseStoredPath(path) !== undefined) this.#table.list(path)
      }
    }
  }

  /**
   * A file in one of them; `undefined` if it is gone. What lies behind a symbolic link is not looked
   * at: `null`.
   */
  async find(path: string): Promise<FileStat | null | undefined> {
    const folder = path.slice(0, path.indexOf('/'))
    const kind = this.#kinds.get(folder) ?? (await this.#kindOf(folder))
    if (kind === undefined) return undefined
    if (kind !== 'directory') return null
    const stat = await unless('ENOENT ENOTDIR ENAMETOOLONG', this.#fs.lstat(`${this.#dir}/${path}`))
    if (stat?.kind === 'file') this.#modes.look(path, stat)
    return stat
  }

  async #kindOf(folder: string): Promise<FileStat['kind'] | undefined> {
    const stat = await unless('ENOENT ENAMETOOLONG', this.#fs.lstat(`${this.#dir}/${folder}`))
    const isNew = this.#kinds.get(folder) === undefined
    this.#kinds.set(folder, stat?.kind)
    if (stat === undefined || !isNew) return stat?.kind
    if (stat.kind === 'directory') this.#modes.look(folder, stat)
    return stat.kind
  }

  /** Says which of them are no folders. */
  tell(): void {
    for (const [folder, kind] of this.#kinds) {
      if (kind === undefined || kind === 'directory') continue
      const message = `${folder} is no folder: move it away, its files are not looked at`
      this.#findings.problem('not_a_file', message, { file: folder })
    }
  }
}
