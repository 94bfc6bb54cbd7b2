import { readRange } from './disk.ts'
import { LogBytes } from './log-bytes.ts'
import { BadSpan, type LogEntry, UNFINISHED } from './log-entry.ts'
import { RecordParser, type ParsedRecord } from './record-parser.ts'
import { RecordScanner } from './record-scanner.ts'
import { RowBytes } from './row-bytes.ts'
import type { RowColumns } from './row-columns.ts'
import { type RowKey, rowHash } from './row-key.ts'
import type { OpenFile } from './file-system.ts'

const CHUNK = 16 * 1024

/**
 * Finds the rows of a log that keys name: where they were seen, and those that have moved wherever
 * they are by now. Rows of the same bytes stand for each other: there are as many as were asked for,
 * or all.
 * @returns them in the order of the log
 */
export async function findRows(
  file: OpenFile,
  log: RowColumns,
  keys: readonly RowKey[],
): Promise<LogEntry[]> {
  const search = new RowSearch(file, keys)
  const places = keys.map(({ offset }) => offset)
  for await (const start of rowStarts(file, places, log.end)) await search.at(log, start)
  if (!search.isOver) await search.through(log)
  return search.found
}

class RowSearch {
  readonly #file: OpenFile
  readonly #bytes: RowBytes
  /** The places where rows were seen, with their hashes. */
  readonly #seen: Set<string>
  /** How many rows of each hash are still to be found. */
  readonly #wanted = new Map<string, number>()
  readonly #found = new Map<number, LogEntry>()

  constructor(file: OpenFile, keys: readonly RowKey[]) {
    this.#file = file
    this.#bytes = new RowBytes(file)
    this.#seen = new Set(keys.map(placeOf))
    for (const place of this.#seen) {
      const hash = place.slice(place.indexOf(' ') + 1)
      this.#wanted.set(hash, (this.#wanted.get(hash) ?? 0) + 1)
    }
  }

  get isOver(): boolean {
    return this.#wanted.size === 0
  }

  get found(): LogEntry[] {
    return [...this.#found.values()].toSorted((a, b) => a.start - b.start)
  }

  /** Takes the row at a place where one was seen, if it is there still. */
  async at(log: RowColumns, offset: number): Promise<void> {
    if (offset < log.start) return
    const row = await recordAt(new LogBytes(this.#file, log.end), offset)
    if (row?.terminated !== true) return
    const hash = rowHash(await this.#bytes.of(offset, row.end))
    if (this.#seen.has(placeOf({ offset, hash }))) this.#take(row, hash)
  }

  /** Looks at all rows of a log. */
  async through(log: RowColumns): Promise<void> {
    for await (const entries of log.entries()) {
      for (const entry of entries) {
        if (!this.#found.has(entry.start)) await this.#look(entry)
        if (this.isOver) return
      }
    }
  }

  async #look(entry: LogEntry): Promise<void> {
    // Nobody knows yet what it will be.
    if (entry instanceof BadSpan && entry.why === UNFINISHED) return
    const hash = rowHash(await this.#bytes.of(entry.start, entry.end))
    if (this.#wanted.has(hash)) this.#take(entry, hash)
  }

  #take(entry: LogEntry, hash: string): void {
    const left = this.#wanted.get(hash) ?? 0
    this.#found.set(entry.start, entry)
    if (left > 1) this.#wanted.set(hash, left - 1)
    else this.#wanted.delete(hash)
  }
}

/**
 * The places, in their order, at which a record starts, and not a line of a text that looks like one:
 * only what stands before it tells that, but rows need not be taken apart for it.
 */
async function* rowStarts(
  file: OpenFile,
  places: readonly number[],
  end: number,
): AsyncGenerator<number, void, undefined> {
  const scanner = new RecordScanner()
  let from = 0
  for (const place of [...new Set(places)].toSorted((a, b) => a - b)) {
    if (place >= end) return
    for await (const chunk of readRange(file, from, place)) scanner.push(chunk)
    from = place
    if (scanner.partial === 0) yield place
  }
}

async function recordAt(bytes: LogBytes, offset: number): Promise<ParsedRecord | undefined> {
  const parser = new RecordParser(offset)
  for (let at = offset; ;) {
    const chunk = await bytes.read(at, CHUNK)
    if (chunk.length === 0) return undefined
    const [record] = parser.push(chunk)
    if (record !== undefined) return record
    at += chunk.length
  }
}

function placeOf({ offset, hash }: Pick<RowKey, 'offset' | 'hash'>): string {
  return `${offset} ${hash}`
}
