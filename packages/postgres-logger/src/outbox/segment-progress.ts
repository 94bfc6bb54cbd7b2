import { type OpenFile, nodeFileSystem as fs, unless, writeAll } from '@flagging/core/store'
import { readText } from './spool-disk.ts'

/** How far a segment has been sent. */
export interface Progress {
  /** The offset in its log behind the last row that needs not be sent again. */
  readonly end: number
  /** How many rows that are. */
  readonly rows: number
}

/** The file that holds it. */
export const PROGRESS = 'sent'
const WIDTH = 40
const FORM = /^(\d{1,16}) (\d{1,10}) *\n$/

/**
 * Notes how far a segment has been sent, so that whoever takes it over need not begin anew. It is not
 * synced: what is sent twice is stored once.
 */
export class SegmentProgress {
  readonly #path: string
  #file: OpenFile | undefined
  #next: Progress | undefined
  #writing: Promise<void> | undefined
  #isClosed = false

  /** @param dir the segment's folder */
  constructor(dir: string) {
    this.#path = `${dir}/${PROGRESS}`
  }

  /** What was noted; nothing where that cannot be read. */
  async read(): Promise<Progress> {
    const [, end, rows] = FORM.exec((await readText(this.#path)) ?? '') ?? []
    return { end: Number(end ?? 0), rows: Number(rows ?? 0) }
  }

  /** Notes it soon. Never throws: without the note, rows are only sent again. */
  note(progress: Progress): void {
    if (this.#isClosed) return
    this.#next = progress
    this.#writing ??= this.#write()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writing
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }

  async #write(): Promise<void> {
    try {
      for (let next = this.#next; next !== undefined; next = this.#next) {
        this.#next = undefined
        this.#file ??=
          (await unless('ENOENT', fs.open(this.#path, 'write'))) ??
          (await fs.open(this.#path, 'create'))
        const text = `${next.end} ${next.rows}`.padEnd(WIDTH - 1)
        await writeAll(this.#file, Buffer.from(`${text}\n`), 0)
      }
    } catch {
      this.#next = undefined
    } finally {
      this.#writing = undefined
    }
  }
}
