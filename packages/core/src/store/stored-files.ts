import type { JSONValue } from '../sample/flag-value.ts'
import { badRow } from './bad-row.ts'
import { SourceFile, pathSource } from './byte-source.ts'
import { type StoredPath, parseStoredPath } from './cells.ts'
import { unless } from './disk.ts'
import { mediaTypeOf } from './file-kind.ts'
import type { FileStat, FileSystem } from './file-system.ts'
import type { FoundValue } from './log-column.ts'

/** The largest value that is read back from a file of its own into memory. */
const MAX_SPILLED_BYTES = 256 * 1024 * 1024

// Nowhere: also where a name is longer than any file's can be.
const GONE = 'ENOENT ENOTDIR ENAMETOOLONG'

/** The files of one dataset, as its logs name them: only what lies in a column's own folder. */
export class StoredFiles {
  readonly #fs: FileSystem
  readonly #dir: string
  readonly #spills: boolean
  readonly #folders = new Map<string, Promise<FileStat | undefined>>()

  /** @param spills whether `7.txt` and `7.json` hold values that were too large for their cells */
  constructor(fs: FileSystem, dir: string, spills = true) {
    this.#fs = fs
    this.#dir = dir
    this.#spills = spills
  }

  /** What the path in a cell stands for. */
  async readOne(path: string, folder: string): Promise<FoundValue> {
    const stored = ownPath(path, folder)
    const stat = await this.#look(path, folder)
    if (stat === undefined) return { value: null, missing: true }
    const { ext, k } = stored
    if (!this.#spills || k !== undefined || (ext !== 'txt' && ext !== 'json')) {
      return { value: this.#file(path, stored, stat), missing: false }
    }
    const value = await this.#spilled(path, ext, stat)
    return value === undefined ? { value: null, missing: true } : { value, missing: false }
  }

  /** The files that a list of paths in a cell names, less those that are gone. */
  async readList(paths: readonly string[], folder: string): Promise<FoundValue> {
    const found = await Promise.all(
      paths.map(async (path) => {
        const stored = ownPath(path, folder)
        const stat = await this.#look(path, folder)
        return stat && this.#file(path, stored, stat)
      }),
    )
    const files = found.filter((file) => file !== undefined)
    return { value: files.length > 0 ? files : null, missing: files.length < paths.length }
  }

  #file(path: string, { ext }: StoredPath, { size }: FileStat): SourceFile {
    const source = pathSource(this.#fs, `${this.#dir}/${path}`, size)
    return new SourceFile(undefined, mediaTypeOf(ext), source, path)
  }

  async #look(path: string, folder: string): Promise<FileStat | undefined> {
    let lookup = this.#folders.get(folder)
    if (lookup === undefined) {
      lookup = unless(GONE, this.#fs.lstat(`${this.#dir}/${folder}`))
      this.#folders.set(folder, lookup)
    }
    const parent = await lookup
    if (parent === undefined) return undefined
    if (parent.kind !== 'directory') throw badRow('the folder of a file is no directory')
    const stat = await unless(GONE, this.#fs.lstat(`${this.#dir}/${path}`))
    if (stat !== undefined && stat.kind !== 'file') throw badRow('a file is no regular file')
    return stat
  }

  async #spilled(path: string, ext: string, { size }: FileStat): Promise<JSONValue | undefined> {
    if (size > MAX_SPILLED_BYTES) throw badRow('a value is too large to be read')
    const source = pathSource(this.#fs, `${this.#dir}/${path}`, size)
    try {
      const bytes = await unless(GONE, new SourceFile(undefined, '', source).bytes())
      if (bytes === undefined) return undefined
      // A byte order mark that was sent is part of the text.
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      return ext === 'json' ? (JSON.parse(text) as JSONValue) : text
    } catch {
      throw badRow('a value that lies in a file cannot be read')
    }
  }
}

function ownPath(path: string, folder: string): StoredPath {
  const stored = parseStoredPath(path)
  if (stored?.folder !== folder) throw badRow('a file lies outside of the folder of its column')
  return stored
}
