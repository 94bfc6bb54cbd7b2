/** What is known of one file of a dataset. */
export interface KnownFile {
  /** Whether it lay there before the rows were read. */
  isListed: boolean
  /** The log and the row that name it; `undefined` if none does yet. */
  log: string | undefined
  row: number
  /** Its size on the disk; -1 before that is known. */
  size: number
  /** The size that was recorded for it; -1 if none was. */
  recorded: number
}

/** The files of a dataset by their paths: those that lie there, and those that rows name. */
export class FileTable {
  readonly #files = new Map<string, KnownFile>()
  readonly #mentioned = new Set<string>()

  /** Notes that a file lies there. */
  list(path: string): void {
    this.#at(path).isListed = true
  }

  /** Notes that a row names a file; gives what was known of it before. */
  name(path: string, log: string, row: number): Readonly<KnownFile> {
    const known = this.#at(path)
    const before = { ...known }
    if (known.log === undefined) {
      known.log = log
      known.row = row
    }
    return before
  }

  /** Notes that a row that cannot be read has this file name in it, in whichever folder. */
  mention(name: string): void {
    this.#mentioned.add(name)
  }

  /** Notes how large a file is. */
  measure(path: string, size: number): void {
    this.#at(path).size = size
  }

  /** Notes the size that was recorded, if the file is one of those that rows name. */
  record(path: string, size: number): void {
    const known = this.#files.get(path)
    if (known !== undefined) known.recorded = size
  }

  /** The files that rows name and that are there. */
  *named(): Generator<[path: string, known: Readonly<KnownFile>], void, undefined> {
    for (const entry of this.#files) if (entry[1].size !== -1) yield entry
  }

  /** The files that lie there and that no row names, nor may name. */
  *unnamed(): Generator<string, void, undefined> {
    for (const [path, { isListed, log }] of this.#files) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (isListed && log === undefined && !this.#mentioned.has(name)) yield path
    }
  }

  /** The highest number that any file has; -1 if there is none. */
  get highest(): number {
    let highest = -1
    for (const path of this.#files.keys()) {
      const number = Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10)
      if (number > highest) highest = number
    }
    return highest
  }

  #at(path: string): KnownFile {
    let known = this.#files.get(path)
    if (known === undefined) {
      known = { isListed: false, log: undefined, row: -1, size: -1, recorded: -1 }
      this.#files.set(path, known)
    }
    return known
  }
}
