import { BadSpan, type LogEntry, UNFINISHED } from './log-entry.ts'
import { RowBytes } from './row-bytes.ts'
import type { RowColumns } from './row-columns.ts'
import { type RowKey, rowHash } from './row-key.ts'
import type { OpenFile } from './file-system.ts'

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
  const places = new Set(keys.map(({ offset }) => offset))
  await search.through(log, ({ start }) => places.has(start))
  if (search.isOver) return search.found
  await search.through(log, () => true)
  return search.found
}

class RowSearch {
  readonly #bytes: RowBytes
  /** The places where rows were seen, with their hashes. */
  readonly #seen: Set<string>
  /** How many rows of each hash are still to be found. */
  readonly #wanted = new Map<string, number>()
  readonly #found = new Map<number, LogEntry>()
  #isHinted = true

  constructor(file: OpenFile, keys: readonly RowKey[]) {
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

  /** Looks at rows of a log: the first time at those where they were seen, then at all. */
  async through(log: RowColumns, isAsked: (entry: LogEntry) => boolean): Promise<void> {
    for await (const entries of log.entries()) {
      for (const entry of entries) {
        if (isAsked(entry) && !this.#found.has(entry.start)) await this.#look(entry)
        if (this.isOver) return
      }
    }
    this.#isHinted = false
  }

  async #look(entry: LogEntry): Promise<void> {
    const { start, end } = entry
    // Nobody knows yet what it will be.
    if (entry instanceof BadSpan && entry.why === UNFINISHED) return
    const hash = rowHash(await this.#bytes.of(start, end))
    const left = this.#wanted.get(hash)
    if (left === undefined) return
    if (this.#isHinted && !this.#seen.has(placeOf({ offset: start, hash }))) return
    this.#found.set(start, entry)
    if (left > 1) this.#wanted.set(hash, left - 1)
    else this.#wanted.delete(hash)
  }
}

function placeOf({ offset, hash }: Pick<RowKey, 'offset' | 'hash'>): string {
  return `${offset} ${hash}`
}
