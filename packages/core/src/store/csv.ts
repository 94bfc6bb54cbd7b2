import { type Options, stringify } from 'csv-stringify/sync'
import { CSVText } from './csv-text.ts'

const LF = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const NEAR = 24
const BOM = [0xef, 0xbb, 0xbf]

/** A piece that is decoded at once: small enough that a kept cell does not hold much in memory. */
const PIECE = 256 * 1024
/** No record that was written here comes near it; only an unclosed quote does. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024

const FORMAT: Options = {
  record_delimiter: '\n',
  quote_record_delimiter: true,
  // Other readers may split at these, or trim blanks.
  quoted_match: [';', '\t', '|', /^\s|\s$/],
}

/**
 * CSV text of records whose cells are encoded: commas, LF behind each record, quotes only where a
 * reader needs them. Never a byte order mark, never an empty line.
 */
export function formatRecords(records: readonly (readonly string[])[]): string {
  const lines: unknown[] = [...records]
  if (!records.some(isEmptyLine)) return stringify(lines, FORMAT)
  return records
    .map((record) => stringify([record], { ...FORMAT, quoted_empty: isEmptyLine(record) }))
    .join('')
}

function isEmptyLine(record: readonly string[]): boolean {
  return record.length === 1 && record[0] === ''
}

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

/** A record as it was read. */
export interface ParsedRecord {
  /** Its cells; none if it is too long to be one of ours (64 MiB). An empty line has one. */
  readonly cells: string[]
  /** The offset of its first byte. */
  readonly start: number
  /** The offset behind its last byte, its line's end included. */
  readonly end: number
  /** Whether it ends in a LF; false only for the last one. */
  readonly terminated: boolean
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
    return { cells: [], start, end: start + length, terminated }
  }

  #read(bytes: Buffer, records: ParsedRecord[]): void {
    const base = this.#offset + this.#start
    const mark = base === 0 && BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0
    const text = bytes.toString('utf8', mark)
    // No byte gives more than one character: with as many of them, each is one.
    const isSingle = text.length + mark === bytes.length
    const lines = new CSVText(text)
    for (let from = 0, start = 0; from < text.length; from = lines.at) {
      const cells = lines.next()
      const { at, terminated } = lines
      let end = bytes.length
      if (isSingle) end = mark + at
      else if (terminated) end = skipLines(bytes, start, countLines(text, from, at))
      records.push({ cells, start: base + start, end: base + end, terminated })
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

/** Where a byte is next, or the length of the bytes. */
function find(bytes: Buffer, byte: number, from: number): number {
  // A call into the engine costs as much as looking at some twenty bytes.
  const near = Math.min(from + NEAR, bytes.length)
  for (let at = from; at < near; at++) if (bytes[at] === byte) return at
  const at = bytes.indexOf(byte, near)
  return at === -1 ? bytes.length : at
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
