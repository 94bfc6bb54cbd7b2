import { isAscii, isUtf8 } from 'node:buffer'
import type { LogSource } from './log-bytes.ts'

const LF = 0x0a
const CHUNK = 256 * 1024
/** What is decoded at once: small enough that a kept cell does not hold much in memory. */
const PIECE = 16 * 1024
/** The longest piece that is tried, for a record that goes on and on. */
const MAX_PIECE = 2 * 1024 * 1024

/**
 * The text of a log, in pieces that end with a line. It ends before what is no text of ours: bytes
 * that are not UTF-8, NUL, a line without an end.
 */
export class TextPieces {
  readonly #bytes: LogSource
  /** Bytes that were read, from {@link #offset} on, and memory for more. */
  #room: Buffer = Buffer.alloc(0)
  #left: Buffer = this.#room
  #offset: number
  /** The last piece, with which the rest starts. */
  #text = ''
  #size = 0

  /** @param from the offset of the first byte */
  constructor(bytes: LogSource, from: number) {
    this.#bytes = bytes
    this.#offset = from
  }

  /** Where in the file a place of the last piece lies. */
  offsetOf(at: number): number {
    return this.#offset + this.#sizeOf(at)
  }

  /**
   * The next piece, which starts at a place of the last one and reaches further than that did;
   * `undefined` if there is none.
   */
  async next(at: number): Promise<string | undefined> {
    const taken = this.#sizeOf(at)
    // What was not enough for one record is doubled: none is looked through a thousand times.
    const shown = this.#size - taken
    this.#offset += taken
    this.#left = this.#left.subarray(taken)
    this.#text = ''
    this.#size = 0
    for (let wanted = Math.max(PIECE, 2 * shown); wanted <= MAX_PIECE; wanted *= 2) {
      while (this.#left.length < wanted) if (!(await this.#readMore())) break
      const size = this.#left.lastIndexOf(LF, wanted - 1) + 1
      if (size > shown) return this.#decode(this.#left.subarray(0, size))
      if (this.#left.length < wanted) break
    }
    return undefined
  }

  #decode(piece: Buffer): string | undefined {
    const isSingle = isAscii(piece)
    if (piece.includes(0) || !(isSingle || isUtf8(piece))) return undefined
    this.#size = piece.length
    this.#text = piece.toString(isSingle ? 'latin1' : 'utf8')
    return this.#text
  }

  async #readMore(): Promise<boolean> {
    const { length } = this.#left
    const more = await this.#bytes.read(this.#offset + length, CHUNK)
    const size = length + more.length
    const room = this.#room.length < size ? Buffer.allocUnsafeSlow(length + CHUNK) : this.#room
    this.#left.copy(room)
    more.copy(room, length)
    this.#room = room
    this.#left = room.subarray(0, size)
    return more.length > 0
  }

  #sizeOf(at: number): number {
    const { length } = this.#text
    if (at === length || this.#size === length) return at === length ? this.#size : at
    return Buffer.byteLength(this.#text.slice(0, at))
  }
}
