import type { OpenFile } from './file-system.ts'

const OVERLAP = 64

/**
 * The bytes of a log as it was when it was opened, whatever becomes of the file: what is appended is
 * not read, and where it was cut or written anew in the meantime, it ends.
 */
export class LogBytes {
  readonly #file: OpenFile
  #end: number
  /** The last bytes that were read, and where they end. */
  #tail: Uint8Array = new Uint8Array(0)
  #tailEnd = -1

  /** @param size how many bytes the file had */
  constructor(file: OpenFile, size: number) {
    this.#file = file
    this.#end = size
  }

  /** The offset behind the last byte. It can turn out to be smaller than it was. */
  get end(): number {
    return this.#end
  }

  /** Up to `length` bytes at an offset, in a buffer of their own; none at the end. */
  async read(position: number, length: number): Promise<Buffer> {
    const known = position === this.#tailEnd ? this.#tail : this.#tail.subarray(0, 0)
    const from = position - known.length
    const to = Math.min(position + length, this.#end)
    const bytes = Buffer.allocUnsafe(Math.max(0, to - from))
    let done = 0
    while (done < bytes.length) {
      const count = await this.#file.read(bytes, done, bytes.length - done, from + done)
      if (count === 0) break
      done += count
    }
    const isSame = bytes.subarray(0, Math.min(done, known.length)).equals(known)
    // Other bytes than before: what stands behind them need not start where a record does.
    const count = isSame ? done - known.length : 0
    if (from + done < to || !isSame) this.#end = Math.min(this.#end, position + count)
    const read = bytes.subarray(known.length, known.length + count)
    if (count >= OVERLAP) this.#tail = Buffer.from(read.subarray(-OVERLAP))
    this.#tailEnd = count >= OVERLAP ? position + count : -1
    return read
  }
}
