import type { SegmentAbout } from './segment-about.ts'
import { samplesIn } from './segment-layout.ts'
import { type Progress, SegmentProgress } from './segment-progress.ts'
import { type ReadSample, SegmentReader } from './segment-reader.ts'

/** The way of samples out of a segment: what was read of it, and what of that need not be sent again. */
export class SegmentOutlet {
  readonly #progress: SegmentProgress
  readonly #reader: SegmentReader
  /** How many rows need not be sent any more. */
  #sent: number
  /** How many samples were read to be sent, and how many of them were. */
  #given = 0
  #settled = 0
  /** Whether a sample is being read: where the reader is, it is behind one that nobody has yet. */
  #isReading = false

  /**
   * @param dir the segment's folder
   * @param from how far it was sent before
   * @param onBad told of each row that cannot be read
   */
  constructor(dir: string, about: SegmentAbout, from: Progress, onBad: (problem: unknown) => void) {
    this.#progress = new SegmentProgress(dir)
    this.#reader = new SegmentReader(samplesIn(dir), about, from, onBad)
    this.#sent = from.rows
  }

  /** How many rows need not be sent any more. */
  get sent(): number {
    return this.#sent
  }

  /** Behind the last row that was read. */
  get at(): Progress {
    return this.#reader.at
  }

  /** Whether all that was read is sent. */
  get isSettled(): boolean {
    return !this.#isReading && this.#settled === this.#given
  }

  /**
   * The next sample; `undefined` where there is none.
   * @param rows how many rows of the log may be read by now
   */
  async next(rows: number): Promise<ReadSample | undefined> {
    let sample: ReadSample | undefined
    this.#isReading = true
    try {
      sample = await this.#reader.next(rows)
    } finally {
      this.#isReading = false
    }
    if (sample === undefined) this.#passBad()
    else this.#given++
    return sample
  }

  /**
   * Says that samples need not be sent any more: `count`, up to a place in the log.
   * @param isNoted whether the next process is to go on behind it
   */
  settle(count: number, progress: Progress, isNoted: boolean): void {
    this.#settled += count
    this.#sent = progress.rows
    this.#passBad()
    if (isNoted) this.#progress.note(progress)
  }

  /** Begins anew: there is another log in the place of the one before. */
  restart(): Promise<void> {
    this.#sent = 0
    return this.#reader.restart()
  }

  /** Closes all files. */
  async close(): Promise<void> {
    await this.#reader.close()
    await this.#progress.close()
  }

  /** Rows at the end that cannot be read are not waited for. */
  #passBad(): void {
    if (this.isSettled) this.#sent = this.#reader.at.rows
  }
}
