import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { OpenFile } from './file-system.ts'
import { readRange } from './disk.ts'
import { BadSpan, type LogEntry, UNFINISHED } from './log-entry.ts'
import { RecordParser, type ParsedRecord } from './record-parser.ts'
import { RecordScanner } from './record-scanner.ts'
import { RowBytes } from './row-bytes.ts'
import type { RowColumns } from './row-columns.ts'
import { type RowKey, rowHash } from './row-key.ts'

/** How far a row is looked for before the place where it was seen: deletions move rows forward. */
const BEFORE = 4 * 1024 * 1024
const MAX_TURN_MS = 5

/**
 * Finds the rows of a log that keys name: where they were seen, or not far before; and those that are
 * not there wherever they are. Rows of the same bytes stand for each other: there are as many as were
 * asked for, or all.
 * @returns them in the order of the log
 */
export async function findRows(
  file: OpenFile,
  log: RowColumns,
  keys: readonly RowKey[],
): Promise<LogEntry[]> {
  const search = new RowSearch(file, keys)
  await search.atHints(log)
  if (!search.isOver) await search.nearHints(log)
  if (!search.isOver) await search.everywhere(log)
  return search.found
}

/** A row with its hash, once that was asked for. */
interface Candidate {
  readonly entry: LogEntry
  hash: string | undefined
}

class RowSearch {
  readonly #file: OpenFile
  readonly #bytes: RowBytes
  /** How many rows of each hash are still to be found. */
  readonly #wanted = new Map<string, number>()
  /** Where rows were seen that are still to be looked for there, the last one first. */
  #hints: Pick<RowKey, 'offset' | 'hash'>[]
  readonly #found = new Map<number, LogEntry>()
  /** The rows before the current one. */
  #near: Candidate[] = []
  #turn = performance.now()

  constructor(file: OpenFile, keys: readonly RowKey[]) {
    this.#file = file
    this.#bytes = new RowBytes(file)
    const places = new Map(keys.map((key) => [`${key.offset} ${key.hash}`, key]))
    this.#hints = [...places.values()].toSorted((a, b) => b.offset - a.offset)
    for (const { hash } of this.#hints) this.#wanted.set(hash, (this.#wanted.get(hash) ?? 0) + 1)
  }

  get isOver(): boolean {
    return this.#wanted.size === 0
  }

  get found(): LogEntry[] {
    return [...this.#found.values()].toSorted((a, b) => a.start - b.start)
  }

  /** Looks at each place where a row was seen, without taking apart what stands before it. */
  async atHints({ start, end }: RowColumns): Promise<void> {
    const places = this.#hints.map(({ offset }) => offset).toReversed()
    for await (const offset of rowStarts(this.#file, places, end)) {
      const row = offset < start ? undefined : await recordAt(this.#file, offset, end)
      if (row?.terminated !== true) continue
      const hash = await this.#hashOf(offset, row.end)
      const isIt = (hint: Pick<RowKey, 'offset' | 'hash'>): boolean =>
        hint.offset === offset && hint.hash === hash
      if (!this.#hints.some(isIt)) continue
      this.#hints = this.#hints.filter((hint) => !isIt(hint))
      await this.#take({ entry: row, hash })
    }
  }

  /** Looks at each place where a row was seen, and before it. */
  async nearHints(log: RowColumns): Promise<void> {
    for await (const entries of log.entries()) {
      for (const entry of entries) {
        this.#near.push({ entry, hash: undefined })
        while ((this.#hints.at(-1)?.offset ?? Infinity) <= entry.start) await this.#lookBack()
      }
      if (this.isOver) return
      const from = (entries.at(-1)?.start ?? 0) - BEFORE
      if ((this.#near[0]?.entry.start ?? Infinity) < from - BEFORE) {
        this.#near = this.#near.filter(({ entry }) => entry.start >= from)
      }
    }
    while (this.#hints.length > 0) await this.#lookBack()
    this.#near = []
  }

  /** Looks at all rows. */
  async everywhere(log: RowColumns): Promise<void> {
    for await (const entries of log.entries()) {
      for (const entry of entries) await this.#take({ entry, hash: undefined })
      if (this.isOver) return
    }
  }

  /** Looks for the next row that was seen somewhere, from the current one on back to the start. */
  async #lookBack(): Promise<void> {
    const hint = this.#hints.pop()
    for (let at = this.#near.length - 1; at >= 0; at--) {
      if (hint === undefined || !this.#wanted.has(hint.hash)) return
      const candidate = this.#near[at] as Candidate
      if ((await this.#take(candidate)) && candidate.hash === hint.hash) return
    }
  }

  /** Takes a row if it is wanted. */
  async #take(candidate: Candidate): Promise<boolean> {
    const { entry } = candidate
    const { start, end } = entry
    // Nobody knows yet what it will be.
    if (entry instanceof BadSpan && entry.why === UNFINISHED) return false
    candidate.hash ??= await this.#hashOf(start, end)
    const left = this.#wanted.get(candidate.hash)
    if (left === undefined || this.#found.has(start)) return false
    this.#found.set(start, entry)
    if (left > 1) this.#wanted.set(candidate.hash, left - 1)
    else this.#wanted.delete(candidate.hash)
    return true
  }

  async #hashOf(start: number, end: number): Promise<string> {
    if (performance.now() - this.#turn > MAX_TURN_MS) {
      await nextTurn()
      this.#turn = performance.now()
    }
    return rowHash(await this.#bytes.of(start, end))
  }
}

/**
 * The places, in their order, at which a record starts, and not a line of a text that looks like one:
 * only what stands before it tells that.
 */
async function* rowStarts(
  file: OpenFile,
  places: readonly number[],
  end: number,
): AsyncGenerator<number, void, undefined> {
  const scanner = new RecordScanner()
  let from = 0
  for (const place of new Set(places)) {
    if (place >= end) return
    for await (const chunk of readRange(file, from, place)) scanner.push(chunk)
    from = place
    if (scanner.partial === 0) yield place
  }
}

async function recordAt(
  file: OpenFile,
  offset: number,
  end: number,
): Promise<ParsedRecord | undefined> {
  const parser = new RecordParser(offset)
  for await (const chunk of readRange(file, offset, end)) {
    const [record] = parser.push(chunk)
    if (record !== undefined) return record
  }
  return undefined
}
