const LF = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const NEAR = 24
const BOM = [0xef, 0xbb, 0xbf]

/**
 * Finds the ends of records in bytes that come piece by piece, without decoding them. A record ends
 * at a LF outside of quotes; a quote opens only at the start of a cell.
 */
export class RecordScanner {
  #length = 0
  #records = 0
  #boundary = 0
  #quoted = false
  #last = LF
  /** Where the last quoted part was closed: a quote right behind it opens it again. */
  #closed = -1
  #startsWithMark: boolean

  /** @param offset where in the file the bytes start; only a file's start may be a byte order mark */
  constructor(offset = 0) {
    this.#startsWithMark = offset === 0
  }

  /** How many whole records there were. An empty line is one. */
  get records(): number {
    return this.#records
  }

  /** How many bytes they take: the offset behind the LF of the last one. */
  get boundary(): number {
    return this.#boundary
  }

  /** How many bytes follow them. */
  get partial(): number {
    return this.#length - this.#boundary
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    this.#scan(asBuffer(chunk), false)
  }

  /** Takes bytes up to the end of the record that they begin or go on with; gives how many. */
  pushRecord(chunk: Uint8Array): number {
    return this.#scan(asBuffer(chunk), true)
  }

  #scan(bytes: Buffer, once: boolean): number {
    if (this.#length < BOM.length) this.#lookForMark(bytes)
    let at = 0
    let quote = find(bytes, QUOTE, 0)
    let lf = find(bytes, LF, 0)
    while (at < bytes.length) {
      if (quote < at) quote = find(bytes, QUOTE, at)
      if (!this.#quoted && lf < at) lf = find(bytes, LF, at)
      if (this.#quoted) {
        if (quote === bytes.length) break
        this.#quoted = false
        this.#closed = this.#length + quote
        at = quote + 1
      } else if (quote < lf) {
        this.#quoted = this.#opens(bytes, quote)
        at = quote + 1
      } else if (lf < bytes.length) {
        at = lf + 1
        this.#records++
        this.#boundary = this.#length + at
        if (once) return this.#advance(bytes, at)
      } else {
        break
      }
    }
    return this.#advance(bytes, bytes.length)
  }

  #advance(bytes: Buffer, taken: number): number {
    this.#last = bytes[taken - 1] ?? this.#last
    this.#length += taken
    return taken
  }

  #opens(bytes: Buffer, quote: number): boolean {
    const before = quote === 0 ? this.#last : bytes[quote - 1]
    const offset = this.#length + quote
    return (
      before === COMMA ||
      before === LF ||
      this.#closed === offset - 1 ||
      (this.#startsWithMark && offset === BOM.length)
    )
  }

  #lookForMark(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#length + at < BOM.length; at++) {
      if (bytes[at] !== BOM[this.#length + at]) this.#startsWithMark = false
    }
  }
}

/** Where a byte is next, or the length of the bytes. */
function find(bytes: Buffer, byte: number, from: number): number {
  // A call into the engine costs as much as looking at some twenty bytes.
  const near = Math.min(from + NEAR, bytes.length)
  for (let at = from; at < near; at++) if (bytes[at] === byte) return at
  const at = bytes.indexOf(byte, near)
  return at === -1 ? bytes.length : at
}

/** The same bytes, with the methods of a buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
