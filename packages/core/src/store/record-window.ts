import { isUtf8 } from 'node:buffer'
import { CSVText } from './csv-text.ts'
import type { LogSource } from './log-bytes.ts'
import { MAX_RECORD_BYTES, type ParsedRecord } from './record-parser.ts'

const CHUNK = 256 * 1024

/** A record in a window. Each byte of its cells is one character: see {@link decoded}. */
export interface WindowRecord extends ParsedRecord {
  /** The offset behind its first line. */
  readonly second: number
  /** The offset of its last line; its end if that is not known. */
  readonly last: number
}

/**
 * The bytes of a log around a place, in which records can be read from any line on, again and again,
 * without reading or decoding the bytes again.
 */
export class RecordWindow {
  readonly #bytes: LogSource
  #text = ''
  #start = 0
  #lines = new CSVText('')

  constructor(bytes: LogSource) {
    this.#bytes = bytes
  }

  /** The record that starts at an offset; `undefined` if {@link fill} must bring more bytes first. */
  peek(at: number): WindowRecord | undefined {
    const from = at - this.#start
    if (from < 0 || from >= this.#text.length) return undefined
    const lines = this.#lines
    lines.moveTo(from)
    const cells = lines.next()
    const { terminated, isOneLine, quoting } = lines
    const end = this.#start + lines.at
    if (!terminated && end < this.#bytes.end) {
      return end - at > MAX_RECORD_BYTES ? this.#tooLong(at, end) : undefined
    }
    const second = isOneLine ? end : this.#behindLine(from)
    const last = isOneLine ? at : this.#start + this.#text.lastIndexOf('\n', lines.at - 2) + 1
    return { cells, start: at, end, second, last, terminated, isOneLine, quoting, isUTF8: true }
  }

  /** Brings more of the bytes from an offset on; false if there are none. */
  async fill(at: number): Promise<boolean> {
    const isInside = at >= this.#start && at <= this.#start + this.#text.length
    const kept = isInside ? this.#text.slice(at - this.#start) : ''
    // As much again: a long record must not be looked through a thousand times.
    const more = await this.#bytes.read(at + kept.length, Math.max(CHUNK, kept.length))
    this.#text = kept + more.toString('latin1')
    this.#start = at
    this.#lines = new CSVText(this.#text)
    return at < this.#bytes.end
  }

  /** The offset behind the LF that comes next, or the end. */
  async skipLine(at: number): Promise<number> {
    for (let from = at; await this.fill(from); from = this.#start + this.#text.length) {
      const lf = this.#text.indexOf('\n')
      if (lf !== -1) return this.#start + lf + 1
    }
    return this.#bytes.end
  }

  #tooLong(start: number, end: number): WindowRecord {
    const second = this.#behindLine(start - this.#start)
    const isOneLine = second === this.#start
    return {
      cells: [],
      start,
      end,
      second: isOneLine ? end : second,
      last: end,
      terminated: false,
      isOneLine,
      quoting: 'broken',
      isUTF8: true,
    }
  }

  #behindLine(from: number): number {
    return this.#start + this.#text.indexOf('\n', from) + 1
  }
}

/** A record in a window with its cells as the text that they are. */
export function decoded(record: WindowRecord): ParsedRecord {
  const bytes = record.cells.map((cell) => Buffer.from(cell, 'latin1'))
  const cells = bytes.map((cell) => cell.toString())
  return { ...record, cells, isUTF8: bytes.every((cell) => isUtf8(cell)) }
}
