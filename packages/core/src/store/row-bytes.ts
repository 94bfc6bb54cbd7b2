import type { OpenFile } from './file-system.ts'

const CHUNK = 256 * 1024

/** The bytes of rows that are asked for in their order, or against it, read a piece at a time. */
export class RowBytes {
  readonly #file: OpenFile
  #bytes = Buffer.alloc(0)
  #start = 0

  constructor(file: OpenFile) {
    this.#file = file
  }

  /** The bytes from an offset up to another, as far as the file has them; they last until the next. */
  async of(start: number, end: number): Promise<Buffer> {
    if (start < this.#start || end > this.#start + this.#bytes.length) await this.#fill(start, end)
    return this.#bytes.subarray(start - this.#start, end - this.#start)
  }

  async #fill(start: number, end: number): Promise<void> {
    const bytes = Buffer.allocUnsafe(Math.max(CHUNK, end - start))
    const from = start < this.#start ? Math.max(0, end - bytes.length) : start
    let done = 0
    while (done < bytes.length) {
      const count = await this.#file.read(bytes, done, bytes.length - done, from + done)
      if (count === 0) break
      done += count
    }
    this.#bytes = bytes.subarray(0, done)
    this.#start = from
  }
}
