import { CSVLogger, type FlagDetails } from '@flagging/core'
import { countRecords, nodeFileSystem as fs, unless } from '@flagging/core/store'
import { damagedSegment } from './outbox-errors.ts'
import { type SegmentAbout, readAbout, writeAbout } from './segment-about.ts'
import { layoutOf, samplesIn } from './segment-layout.ts'
import { type Progress, SegmentProgress } from './segment-progress.ts'
import { LOG, type ReadSample, SegmentReader } from './segment-reader.ts'
import { sizeOfTree } from './spool-disk.ts'
import type { SpoolRow } from './spool-row.ts'

/** Told of what goes wrong. */
export type Report = (error: unknown) => void

/** What is known of a segment whose writer has died. */
interface Found {
  readonly progress: Progress
  readonly rows: number
  readonly bytes: number
}

const NOTHING = { end: 0, rows: 0 }
const NEW: Found = { progress: NOTHING, rows: 0, bytes: 0 }

/**
 * A part of the outbox: a log with samples of one list of components, written by one process and sent
 * from its start to its end. What is in it is on the disk when it is acknowledged.
 */
export class Segment {
  readonly name: string
  readonly dir: string
  readonly about: SegmentAbout
  readonly #report: Report
  readonly #progress: SegmentProgress
  readonly #reader: SegmentReader
  readonly #layout: FlagDetails
  /** Absent where its writer has died. */
  readonly #logger: CSVLogger | undefined
  /** How many rows of its log were acknowledged. */
  #rows: number
  /** How many of them need not be sent any more. */
  #sent: number
  /** How many flags are on their way into it. */
  #pending = 0
  #taken = 0
  #bytes: number
  #usedAt = Date.now()
  #isSealed: boolean
  /** Whether all was read that a dead writer has left. */
  #isRead = false
  #isDamaged = false
  /** How many samples were given to be sent, and how many of them were. */
  #given = 0
  #settled = 0

  private constructor(dir: string, about: SegmentAbout, report: Report, found?: Found) {
    const { progress, rows, bytes } = found ?? NEW
    this.dir = dir
    this.name = dir.slice(dir.lastIndexOf('/') + 1)
    this.about = about
    this.#report = report
    this.#rows = rows
    this.#bytes = bytes
    this.#sent = progress.rows
    this.#isSealed = found !== undefined
    this.#progress = new SegmentProgress(dir)
    this.#reader = new SegmentReader(samplesIn(dir), about, progress, (problem) => {
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
    await writeAbout(dir, about)
    return new Segment(dir, about, report)
  }

  /** Takes one over whose writer has died; `undefined` where nobody can tell what its rows are. */
  static async found(dir: string, report: Report): Promise<Segment | undefined> {
    const about = await readAbout(dir)
    if (about === undefined) return undefined
    const log = `${samplesIn(dir)}/${LOG}`
    const header = 1
    const rows = Math.max(0, (await countRecords(fs, log)) - header)
    const size = (await unless('ENOENT ENOTDIR', fs.lstat(log)))?.size ?? 0
    const noted = await new SegmentProgress(dir).read()
    // It was cut, or made anew.
    const progress = noted.end > size || noted.rows > rows ? NOTHING : noted
    return new Segment(dir, about, report, { progress, rows, bytes: await sizeOfTree(dir) })
  }

  /** Bytes that it takes on the disk, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many samples it has taken, with those that are on their way. */
  get taken(): number {
    return this.#taken
  }

  /** How many samples wait in it to be sent. */
  get waiting(): number {
    return Math.max(0, this.#rows - this.#sent)
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
    const isRead = this.#logger === undefined ? this.#isRead : this.#reader.at.rows >= this.#rows
    return isRead && this.#pending === 0 && this.#settled === this.#given
  }

  /** By `Date.now()`: when it was made, or took its last sample. */
  get usedAt(): number {
    return this.#usedAt
  }

  /** Up to where its log was read. */
  get readTo(): number {
    return this.#reader.at.end
  }

  /**
   * Stores a row; gives how many more rows are to be sent once that is done.
   * @throws FlaggingError as a `CSVLogger` does
   */
  async add({ data, json, weight }: SpoolRow): Promise<number> {
    this.#taken++
    this.#pending++
    this.#bytes += weight
    this.#usedAt = Date.now()
    try {
      const details = json === undefined ? this.#layout : { ...this.#layout, json }
      const count = await this.#logger?.flag(data, undefined, undefined, details)
      return this.#acknowledged(count ?? 0)
    } catch (error) {
      this.#bytes -= weight
      throw error
    } finally {
      this.#pending--
    }
  }

  /** Takes no more samples. */
  seal(): void {
    this.#isSealed = true
  }

  /** The next sample that is to be sent; `undefined` where there is none by now. */
  async next(): Promise<ReadSample | undefined> {
    if (this.#isRead) return undefined
    const rows = this.#logger === undefined ? Number.POSITIVE_INFINITY : this.#rows
    const sample = await this.#reader.next(rows)
    if (sample !== undefined) {
      this.#given++
      return sample
    }
    const read = this.#reader.at.rows
    if (this.#logger === undefined) {
      this.#isRead = true
      this.#rows = read
    } else if (read < rows) {
      this.#lose()
      this.#rows = read
    }
    this.#settle()
    return undefined
  }

  /** Says that samples need not be sent any more: `count`, up to a place in the log. */
  settle(count: number, progress: Progress): void {
    this.#settled += count
    this.#sent = progress.rows
    this.#settle()
    this.#progress.note(progress)
  }

  /** Waits for what is on its way into it, and closes its files. */
  async close(): Promise<void> {
    this.#isSealed = true
    await this.#logger?.close()
    await this.#reader.close()
    await this.#progress.close()
  }

  #acknowledged(count: number): number {
    const more = count - this.#rows
    this.#rows = count
    if (more > 0) return more
    // Somebody deleted the log under way: what was in it is gone, and this is a new one.
    this.#lose()
    this.#isSealed = true
    this.#sent = 0
    this.#reader.restart().catch(this.#report)
    return count
  }

  /** Rows at the end that cannot be read are not waited for. */
  #settle(): void {
    if (this.#settled === this.#given) this.#sent = this.#reader.at.rows
  }

  #lose(): void {
    if (!this.#isDamaged) this.#report(damagedSegment(this.dir, undefined))
    this.#isDamaged = true
  }
}
