import type { DatasetFiles } from './dataset-files.ts'
import type { OpenFile } from './file-system.ts'
import { findRows } from './find-rows.ts'
import { freeFiles } from './free-files.ts'
import { LogCopy } from './log-copy.ts'
import type { LogContext } from './log-context.ts'
import { type LogEnds, endsOf, isStill } from './log-ends.ts'
import type { LogEntry } from './log-entry.ts'
import { spansBetween } from './quarantine.ts'
import { RowColumns } from './row-columns.ts'
import type { RowKey } from './row-key.ts'
import { byLog } from './rows-by-log.ts'
import { changed, isChange, removalError, replaced, unsettled, unsound } from './store-errors.ts'

const MAX_ROUNDS = 5
// What may be copied while others wait: some hundredths of a second.
const MAX_BEHIND = 4 * 1024 * 1024

/** Does something under the dataset's lock, between two batches of samples. */
export type Inside = <T>(work: () => Promise<T>) => Promise<T>

/** A log as it was under the lock; what it has up to there does not change any more. */
interface Settled {
  readonly name: string
  /** Open for reading. */
  readonly file: OpenFile
  readonly ends: LogEnds
}

/** Rows that were cut out of a log: how many, and the files that they named. */
interface Cut {
  readonly count: number
  readonly files: ReadonlySet<string>
}

/**
 * Deletes rows of a dataset. What a log has is copied without the lock, less the rows; what came since
 * follows under it, and then the copy takes the place of the log: at each moment the old one or the
 * new one is there, whole.
 */
export class RowRemoval {
  readonly #context: LogContext
  readonly #files: DatasetFiles
  readonly #inside: Inside

  constructor(context: LogContext, files: DatasetFiles, inside: Inside) {
    this.#context = context
    this.#files = files
    this.#inside = inside
  }

  /**
   * Deletes rows with the files that no other row names, log by log; gives how many there were.
   * @throws FlaggingError with the log as it was; of several logs, those before it are done with
   */
  async remove(keys: readonly RowKey[]): Promise<number> {
    let count = 0
    for (const [log, ofLog] of byLog(keys)) {
      for (let round = 1; ; round++) {
        const removed = await this.#fromLog(log, ofLog)
        count += removed ?? 0
        if (removed !== undefined) break
        if (round === MAX_ROUNDS) throw replaced(log)
      }
    }
    return count
  }

  /** `undefined` if there is another log in its place by now, which may have the rows. */
  async #fromLog(name: string, keys: readonly RowKey[]): Promise<number | undefined> {
    let isPlaced = false
    const placed = (): void => void (isPlaced = true)
    try {
      const log = await this.#inside(() => this.#settle(name))
      if (log === undefined) return 0
      let found: Cut | undefined
      try {
        found = await this.#cut(log, keys, placed)
      } finally {
        await closed(log.file)
      }
      if (found === undefined) return undefined
      await freeFiles(this.#context, found.files, (other) => this.#files.layoutOf(other))
      return found.count
    } catch (error) {
      if (isPlaced) throw unsettled(error, name)
      if (isChange(error)) return undefined
      throw removalError(error, name)
    }
  }

  /** Looks at a log under the lock. */
  async #settle(name: string): Promise<Settled | undefined> {
    const { fs } = this.#context
    // A deletion before this one may have failed at that.
    await this.#files.syncNames()
    const log = this.#files.log(name)
    if (log === undefined || log.blank) return undefined
    const file = await fs.open(log.path, 'read')
    try {
      const ends = await endsOf(file, log.extent.size)
      if (!log.isOf(ends.stat)) throw changed(name, 'read')
      return { name, file, ends }
    } catch (error) {
      await closed(file)
      throw error
    }
  }

  async #cut(log: Settled, keys: readonly RowKey[], placed: () => void): Promise<Cut | undefined> {
    const { fs, dir } = this.#context
    const { name, file, ends } = log
    const layout = this.#files.layoutOf(name)
    const rows = await RowColumns.of(fs, dir, { file, size: ends.size, layout })
    const found = rows === undefined ? [] : await findRows(file, rows, keys)
    const files = new Set<string>()
    if (rows === undefined || found.length === 0) return { count: 0, files }
    for (const entry of found) for (const path of await rows.filesOf(entry)) files.add(path)
    const copy = await LogCopy.make(this.#context, name, ends.stat)
    let isOurs = true
    try {
      const isDone = await this.#copyAndReplace(log, found, copy, () => {
        isOurs = false
        placed()
      })
      return isDone ? { count: found.length, files } : undefined
    } finally {
      if (isOurs) await copy.discard()
    }
  }

  /** False if there is another log in its place. */
  async #copyAndReplace(
    log: Settled,
    found: readonly LogEntry[],
    copy: LogCopy,
    placed: () => void,
  ): Promise<boolean> {
    const { file, ends } = log
    for (const { start, end } of spansBetween(found, ends.size)) await copy.add(file, start, end)
    let copied = ends.size
    for (let round = 1; ; round++) {
      // Without the lock, so that little is left to be brought to the disk under it.
      await copy.file.sync()
      const isLast = round === MAX_ROUNDS
      const left = await this.#inside(() => this.#finish(log, copied, copy, isLast, placed))
      if (typeof left === 'boolean') return left
      await copy.add(file, copied, left)
      copied = left
    }
  }

  /**
   * Copies what came since and puts the copy in place, under the lock.
   * @returns whether it did; or up to where to copy first, if that is much
   */
  async #finish(
    { name, file, ends }: Settled,
    copied: number,
    copy: LogCopy,
    isLast: boolean,
    placed: () => void,
  ): Promise<boolean | number> {
    const log = this.#files.log(name)
    const size = log?.extent.size ?? 0
    if (log === undefined || !log.isOf(ends.stat) || size < copied) return false
    if (!(await isStill(file, ends))) return false
    if (size - copied > MAX_BEHIND && !isLast) return size
    await copy.add(file, copied, size)
    if (!(await copy.isSound())) throw unsound(name)
    if (size > copied) await copy.file.sync()
    await this.#files.replace(log, copy.file, copy.path, copy.extent, placed)
    return true
  }
}

/** Closes a file that was only read, and holds nothing that a fault could lose. */
function closed(file: OpenFile): Promise<void> {
  return file.close().catch(() => undefined)
}
