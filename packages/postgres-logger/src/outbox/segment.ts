import { CSVLogger, type FlagDetails } from '@flagging/core'
import { nodeFileSystem as fs, unless } from '@flagging/core/store'
import { type FoundSegment, NOTHING, findSegment } from './found-segment.ts'
import { damagedSegment } from './outbox-errors.ts'
import { type SegmentAbout, writeAbout } from './segment-about.ts'
import { layoutOf } from './segment-layout.ts'
import { SegmentOutlet } from './segment-outlet.ts'
import type { Progress } from './segment-progress.ts'
import type { ReadSample } from './segment-reader.ts'
import { removeTree } from './spool-disk.ts'
import type { SpoolRow } from './spool-row.ts'

/** Told of what goes wrong. */
export type Report = (error: unknown) => void

/**
 * A part of the outbox: a log with samples of one list of components, written by one process and sent
 * from its start to its end. What is in it is on the disk when it is acknowledged.
 */
export class Segment {
  readonly name: string
  readonly dir: string
  readonly about: SegmentAbout
  readonly #report: Report
  readonly #outlet: SegmentOutlet
  readonly #layout: FlagDetails
  /** Absent where its writer has died. */
  readonly #logger: CSVLogger | undefined
  /** How many rows of its log were acknowledged. */
  #rows: number
  /** How many flags are on their way into it. */
  #pending = 0
  #taken = 0
  #bytes: number
  #rowBytes = 0
  #usedAt = Date.now()
  #isSealed: boolean
  /** Whether all was read that a dead writer has left. */
  #isRead = false
  #isDamaged = false
  #closing: Promise<void> | undefined

  private constructor(dir: string, about: SegmentAbout, report: Report, found?: FoundSegment) {
    const { progress, rows, bytes } = found ?? { progress: NOTHING, rows: 0, bytes: 0 }
    this.dir = dir
    this.name = dir.slice(dir.lastIndexOf('/') + 1)
    this.about = about
    this.#report = report
    this.#rows = rows
    this.#bytes = bytes
    this.#isSealed = found !== undefined
    this.#outlet = new SegmentOutlet(dir, about, progress, (problem) => {
      this.#isDamaged = true
      report(problem)
    })
    this.#layout = layoutOf(dir, about)
    if (found !== undefined) return
    this.#logger = new CSVLogger({ exclusive: true })
    this.#logger.onError = report
  }

  /** Makes a segment, in a folder that must not be there. */
  static async create(dir: string, about: SegmentAbout, report: Report): Promise<Segment> {
    await fs.mkdir(dir)
    try {
      await writeAbout(dir, about)
    } catch (error) {
      // On a full disk each flag comes here: none may leave anything behind.
      await removeTree(dir).catch(() => undefined)
      throw error
    }
    return new Segment(dir, about, report)
  }

  /** Takes one over whose writer has died; `undefined` where nobody can tell what its rows are. */
  static async found(dir: string, report: Report): Promise<Segment | undefined> {
    const found = await findSegment(dir)
    return found && new Segment(dir, found.about, report, found)
  }

  /** Bytes that it takes on the disk, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of those, the bytes of its log. */
  get rowBytes(): number {
    return this.#rowBytes
  }

  /** How many samples it has taken, with those that are on their way. */
  get taken(): number {
    return this.#taken
  }

  /** How many samples wait in it to be sent. */
  get waiting(): number {
    return Math.max(0, this.#rows - this.#outlet.sent)
  }

  /** Bytes of those, if all of its samples are of one size. */
  get waitingBytes(): number {
    return this.#rows === 0 ? 0 : Math.round((this.#bytes * this.waiting) / this.#rows)
  }

  /** Whether it takes no more samples. */
  get isSealed(): boolean {
    return this.#isSealed
  }

  /** Whether its writer has died. */
  get isFound(): boolean {
    return this.#logger === undefined
  }

  /** Whether rows of it are gone, or cannot be read. */
  get isDamaged(): boolean {
    return this.#isDamaged
  }

  /** Whether nothing waits in it, and nothing is on its way into it. */
  get isSent(): boolean {
    const isRead = this.isFound ? this.#isRead : this.#outlet.at.rows >= this.#rows
    return isRead && this.#pending === 0 && this.#outlet.isSettled
  }

  /** By `Date.now()`: when it was made, or took its last sample. */
  get usedAt(): number {
    return this.#usedAt
  }

  /** Up to where its log was read. */
  get readTo(): number {
    return this.#outlet.at.end
  }

  /**
   * Stores a row; gives how many more rows are to be sent once that is done.
   * @throws FlaggingError as a `CSVLogger` does
   */
  async add({ data, json, weight, fileBytes }: SpoolRow): Promise<number> {
    this.#taken++
    this.#pending++
    this.#bytes += weight
    this.#rowBytes += weight - fileBytes
    this.#usedAt = Date.now()
    try {
      const details = json === undefined ? this.#layout : { ...this.#layout, json }
      const count = await this.#logger?.flag(data, undefined, undefined, details)
      return await this.#acknowledged(count ?? 0)
    } catch (error) {
      this.#bytes -= weight
      throw error
    } finally {
      this.#pending--
    }
  }

  /** Takes no more samples, and closes its log when those on their way are in it. */
  seal(): void {
    this.#isSealed = true
    this.#closing ??= this.#logger?.close().catch(this.#report)
  }

  /** The next sample that is to be sent; `undefined` where there is none by now. */
  async next(): Promise<ReadSample | undefined> {
    if (this.#isRead) return undefined
    const rows = this.isFound ? Number.POSITIVE_INFINITY : this.#rows
    const sample = await this.#outlet.next(rows)
    if (sample !== undefined) return sample
    const read = this.#outlet.at.rows
    if (!this.isFound && read >= rows) return undefined
    if (this.isFound) this.#isRead = true
    else this.#lose()
    this.#rows = read
    return undefined
  }

  /** Says that samples need not be sent any more: `count`, up to a place in the log. */
  settle(count: number, progress: Progress): void {
    // Whoever takes a damaged one over must find what is wrong with it, too.
    this.#outlet.settle(count, progress, !this.#isDamaged)
  }

  /** Waits for what is on its way into it, and closes its files. */
  async close(): Promise<void> {
    this.seal()
    await this.#closing
    await this.#outlet.close()
  }

  #acknowledged(count: number): number | Promise<number> {
    const more = count - this.#rows
    this.#rows = count
    return more > 0 ? more : this.#beginAnew(count)
  }

  /** Somebody deleted the log under way: what was in it is gone, and this is a new one. */
  async #beginAnew(count: number): Promise<number> {
    this.#lose()
    this.#isSealed = true
    this.#outlet.restart().catch(this.#report)
    // Else nobody who takes it over could tell what its rows are.
    await unless('EEXIST', writeAbout(this.dir, this.about))
    return count
  }

  #lose(): void {
    if (!this.#isDamaged) this.#report(damagedSegment(this.dir, undefined))
    this.#isDamaged = true
  }
}
