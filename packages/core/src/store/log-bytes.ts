import type { OpenFile } from './file-system.ts'

/** The bytes of a log, read at any place. */
export interface LogSource {
  /** The offset behind the last byte. It can turn out to be smaller than it was. */
  readonly end: number
  /** Up to `length` bytes at an offset, which last until the next are read; none at the end. */
  read(position: number, length: number): Promise<Buffer>
}

const OVERLAP = 64
/** The most bytes that memory is kept for. */
const ROOM = 256 * 1024 + OVERLAP

/**
 * The bytes of a log as it was when it was opened, whatever becomes of the file: what is appended is
 * not read, and where it was cut or written anew in the meantime, it ends.
 */
export class LogBytes implements LogSource {
  readonly #file: OpenFile
  #end: number
  #room = Buffer.alloc(0)
  /** The last bytes that were read, and where they end. */
  #tail: Uint8Array = new Uint8Array(0)
  #tailEnd = -1

  /** @param size how many bytes the file had */
  constructor(file: OpenFile, size: number) {
    this.#file = file
    this.#end = size
  }

  get end(): number {
    return this.#end
  }

  async read(position: number, length: number): Promise<Buffer> {
    const tailStart = this.#tailEnd - this.#tail.length
    const from = position > tailStart && position <= this.#tailEnd ? tailStart : position
    const to = Math.min(position + length, this.#end)
    const bytes = this.#memory(Math.max(0, to - from))
    let done = 0
    while (done < bytes.length) {
      const count = await this.#file.read(bytes, done, bytes.length - done, from + done)
      if (count === 0) break
      done += count
    }
    const isCovered = this.#tail.length > 0 && from <= tailStart && to >= this.#tailEnd
    const found = bytes.subarray(tailStart - from, Math.min(done, this.#tailEnd - from))
    const isSame = !isCovered || found.equals(this.#tail)
    // Other bytes than before: what stands behind them need not start where a record does.
    const count = isSame ? Math.max(0, done - (position - from)) : 0
    if (from + done < to || !isSame) this.#end = Math.min(this.#end, position + count)
    const read = bytes.subarray(position - from, position - from + count)
    if (count >= OVERLAP) this.#tail = Buffer.from(read.subarray(-OVERLAP))
    this.#tailEnd = count >= OVERLAP ? position + count : -1
    return read
  }

  /** Memory for bytes that are read, the same one again where it can be. */
  #memory(length: number): Buffer {
    if (length > ROOM) return Buffer.allocUnsafe(length)
    if (this.#room.length < length) this.#room = Buffer.allocUnsafeSlow(length)
    return this.#room.subarray(0, length)
  }
}
