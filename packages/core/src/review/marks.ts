import { readRange, unless } from '../store/disk.ts'
import { WORKING_FOLDER } from '../store/dataset-files.ts'
import type { FileSystem } from '../store/file-system.ts'
import type { MarkFilter } from './review-filter.ts'

/** What reviewers said of a sample. */
export interface Mark {
  readonly reviewed: boolean
  readonly note: string | null
  /** Who said so last; `null` where that is not known. */
  readonly by: string | null
  /** When, in ISO 8601. */
  readonly at: string
}

/** The file of a dataset's working folder that holds them, one JSON object a line, the last counts. */
const MARKS_NAME = 'review.jsonl'

/** What reviewers said of the samples of one dataset, by the hash of their rows. */
export class DatasetMarks {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #marks = new Map<string, Mark>()
  #read = 0
  #ino: number | undefined
  #reviewed = 0
  #version = 0
  #refreshing: Promise<void> = Promise.resolve()

  constructor(fs: FileSystem, dir: string) {
    this.#fs = fs
    this.#path = `${dir}/${WORKING_FOLDER}/${MARKS_NAME}`
  }

  /** Another one after each change. */
  get version(): number {
    return this.#version
  }

  /** How many samples something was said of. */
  get size(): number {
    return this.#marks.size
  }

  /** How many samples are marked as reviewed. */
  get reviewed(): number {
    return this.#reviewed
  }

  /** What was said of the row with a hash. */
  of(hash: string): Mark | undefined {
    return this.#marks.get(hash)
  }

  /** Takes in what has been added since. One after the other: two at once would read the same part. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#refresh())
    this.#refreshing = refreshed.catch(() => undefined)
    return refreshed
  }

  async #refresh(): Promise<void> {
    const stat = await unless('ENOENT ENOTDIR', this.#fs.lstat(this.#path))
    if (stat?.kind !== 'file') return this.#forget()
    if (stat.ino !== this.#ino || stat.size < this.#read) this.#forget()
    this.#ino = stat.ino
    if (stat.size === this.#read) return
    const file = await unless('ENOENT', this.#fs.open(this.#path, 'read'))
    if (file === undefined) return
    try {
      const chunks: Uint8Array[] = []
      for await (const chunk of readRange(file, this.#read, stat.size)) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      // A line that is being written is read when it is whole.
      const end = bytes.lastIndexOf(0x0a) + 1
      this.#read += end
      for (const line of bytes.toString('utf8', 0, end).split('\n')) this.#take(line)
    } finally {
      await file.close()
    }
  }

  #take(line: string): void {
    const entry = entryOf(line)
    if (entry === undefined) return
    this.#version++
    if (this.#marks.get(entry.row)?.reviewed === true) this.#reviewed--
    const { row, reviewed, note, by, at } = entry
    if (!reviewed && note === null) {
      this.#marks.delete(row)
      return
    }
    if (reviewed) this.#reviewed++
    this.#marks.set(row, { reviewed, note, by, at })
  }

  #forget(): void {
    this.#marks.clear()
    this.#version++
    this.#read = this.#reviewed = 0
    this.#ino = undefined
  }
}

/** Adds what a reviewer said of the row with a hash; on the disk when this resolves. */
export function addMark(fs: FileSystem, dir: string, row: string, mark: Mark): Promise<void> {
  return addMarks(fs, dir, [[row, mark]])
}

/** Adds what reviewers said of rows, by their hashes, in one piece. */
export async function addMarks(
  fs: FileSystem,
  dir: string,
  marks: readonly (readonly [row: string, mark: Mark])[],
): Promise<void> {
  const folder = `${dir}/${WORKING_FOLDER}`
  await unless('EEXIST', fs.mkdir(folder))
  const lines = marks.map(([row, mark]) => `${JSON.stringify({ row, ...mark })}\n`)
  // The line break in front ends what a killed writer may have left unfinished.
  await fs.append(`${folder}/${MARKS_NAME}`, Buffer.from(`\n${lines.join('')}`))
}

/** Whether a mark, or none, is what a filter asks for. */
export function fitsMarks(mark: Mark | undefined, filter: MarkFilter): boolean {
  if (filter === 'noted') return mark?.note != null
  return (mark?.reviewed ?? false) === (filter === 'reviewed')
}

function entryOf(line: string): (Mark & { readonly row: string }) | undefined {
  if (line === '') return undefined
  try {
    const entry = JSON.parse(line) as Record<string, unknown>
    const { row, reviewed, note, by, at } = entry
    if (typeof row !== 'string' || typeof reviewed !== 'boolean' || typeof at !== 'string') {
      return undefined
    }
    return { row, reviewed, note: textOf(note), by: textOf(by), at }
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
