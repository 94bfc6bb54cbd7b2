import { isUtf8 } from 'node:buffer'
import { CSVText, type Quoting } from './csv-text.ts'
import { RecordScanner, asBuffer } from './record-scanner.ts'

const LF = 0x0a
const BOM = [0xef, 0xbb, 0xbf]

/** A piece that is decoded at once: small enough that a kept cell does not hold much in memory. */
const PIECE = 256 * 1024
/** Bytes of the longest record. None that was written here comes near it; an open quote does. */
export const MAX_RECORD_BYTES: number = 64 * 1024 * 1024

const UNREADABLE = { cells: [], isOneLine: false, quoting: 'broken', isUTF8: true } as const

/** A record as it was read. */
export interface ParsedRecord {
  /** Its cells; none if it is too long to be one of ours (64 MiB). An empty line has one. */
  readonly cells: readonly string[]
  /** The offset of its first byte. */
  readonly start: number
  /** The offset behind its last byte, its line's end included. */
  readonly end: number
  /** Whether it ends in a LF; false only for the last one. */
  readonly terminated: boolean
  /** Whether all of it lies on one line. */
  readonly isOneLine: boolean
  readonly quoting: Quoting
  /** Whether its bytes are UTF-8; where they are not, its cells have U+FFFD in their place. */
  readonly isUTF8: boolean
}

/**
 * Reads records from bytes that come piece by piece. Whatever the bytes are, it reads something:
 * quotes inside an unquoted cell stand for themselves, text behind a closing quote belongs to the
 * cell, broken UTF-8 becomes U+FFFD. CRLF ends a record too; a byte order mark is skipped.
 */
export class RecordParser {
  readonly #offset: number
  readonly #scanner: RecordScanner
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** Where the next record starts, from where the bytes start. */
  #start = 0
  #tooLong = false

  /** @param offset where in the file the bytes start: the start of a record */
  constructor(offset = 0) {
    this.#offset = offset
    this.#scanner = new RecordScanner(offset)
  }

  /** Takes the next bytes and gives the records that end in them. */
  push(chunk: Uint8Array): ParsedRecord[] {
    const bytes = asBuffer(chunk)
    const records: ParsedRecord[] = []
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + PIECE)
      at += this.#tooLong ? this.#skip(piece, records) : this.#take(piece, records)
    }
    return records
  }

  /** Gives what follows the last whole record, if anything does. Nothing may be pushed after it. */
  end(): ParsedRecord[] {
    if (this.#scanner.partial === 0) return []
    const records: ParsedRecord[] = []
    if (this.#tooLong) records.push(this.#unreadable(this.#scanner.partial, false))
    else this.#read(Buffer.concat(this.#waiting), records)
    this.#waiting = []
    return records
  }

  #take(piece: Buffer, records: ParsedRecord[]): number {
    const before = this.#start + this.#waitingBytes
    this.#scanner.push(piece)
    const whole = Math.max(0, this.#scanner.boundary - before)
    if (whole > 0) {
      const bytes = piece.subarray(0, whole)
      const joined = this.#waiting.length === 0 ? bytes : Buffer.concat([...this.#waiting, bytes])
      this.#read(joined, records)
      this.#waiting = []
      this.#waitingBytes = 0
    }
    if (whole < piece.length) {
      // A copy: the caller may fill its buffer again.
      this.#waiting.push(Buffer.from(piece.subarray(whole)))
      this.#waitingBytes += piece.length - whole
    }
    if (this.#waitingBytes > MAX_RECORD_BYTES) {
      this.#tooLong = true
      this.#waiting = []
    }
    return piece.length
  }

  /** Goes on to the end of a record that is too long. */
  #skip(piece: Buffer, records: ParsedRecord[]): number {
    const taken = this.#scanner.pushRecord(piece)
    if (this.#scanner.boundary > this.#start) {
      records.push(this.#unreadable(this.#scanner.boundary - this.#start, true))
      this.#tooLong = false
      this.#waitingBytes = 0
    }
    return taken
  }

  #unreadable(length: number, terminated: boolean): ParsedRecord {
    const start = this.#offset + this.#start
    this.#start += length
    return { ...UNREADABLE, start, end: start + length, terminated }
  }

  #read(bytes: Buffer, records: ParsedRecord[]): void {
    const base = this.#offset + this.#start
    const mark = base === 0 && BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0
    const text = bytes.toString('utf8', mark)
    // No byte gives more than one character: with as many of them, each is one.
    const isSingle = text.length + mark === bytes.length
    const isClean = !text.includes('\ufffd') || isUtf8(bytes)
    const lines = new CSVText(text)
    for (let from = 0, start = 0; from < text.length; from = lines.at) {
      const cells = lines.next()
      const { at, terminated, isOneLine, quoting } = lines
      let end = bytes.length
      if (isSingle) end = mark + at
      else if (terminated) end = skipLines(bytes, start, countLines(text, from, at))
      records.push({
        cells,
        start: base + start,
        end: base + end,
        terminated,
        isOneLine,
        quoting,
        isUTF8: isClean || isUtf8(bytes.subarray(start, end)),
      })
      start = end
    }
    this.#start += bytes.length
  }
}

function countLines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at = text.indexOf('\n', at) + 1) count++
  return count
}

function skipLines(bytes: Buffer, start: number, count: number): number {
  let at = start
  for (let left = count; left > 0; left--) at = bytes.indexOf(LF, at) + 1
  return at
}
