import { type StoredSample, readStored } from '@flagging/core/store'
import { badNote, filesGone } from './outbox-errors.ts'
import type { SegmentAbout } from './segment-about.ts'
import type { Progress } from './segment-progress.ts'
import { type SpooledSample, sampleOf } from './spool-row.ts'

/** The log of a segment. */
export const LOG = 'logs.csv'

/** A sample on its way out of the outbox. */
export interface ReadSample extends SpooledSample {
  /** Up to where its segment is sent once this one is. */
  readonly progress: Progress
}

/** Reads the samples of a segment, one after the other, never past a row that is not acknowledged. */
export class SegmentReader {
  readonly #dir: string
  readonly #about: SegmentAbout
  readonly #onBad: (problem: unknown) => void
  #at: Progress
  /** Where reading goes on, by log. */
  readonly #from = new Map<string, number>()
  #samples: AsyncGenerator<StoredSample, void, undefined> | undefined
  #until = 0

  /**
   * @param dir where its log lies
   * @param at where to begin
   * @param onBad told of each row that cannot be read
   */
  constructor(dir: string, about: SegmentAbout, at: Progress, onBad: (problem: unknown) => void) {
    this.#dir = dir
    this.#about = about
    this.#at = at
    this.#from.set(LOG, at.end)
    this.#onBad = onBad
  }

  /** Behind the last row that was read. */
  get at(): Progress {
    return this.#at
  }

  /**
   * The next sample; `undefined` where there is none.
   * @param rows how many rows of the log may be read by now
   */
  async next(rows: number): Promise<ReadSample | undefined> {
    while (this.#samples !== undefined || this.#at.rows < rows) {
      this.#samples ??= this.#open(rows)
      const read = await this.#step(this.#samples)
      if (read.done === true) return undefined
      const { value } = read
      this.#from.set(value.log, value.end)
      this.#at = { end: value.log === LOG ? value.end : this.#at.end, rows: this.#at.rows + 1 }
      // What is behind it may still be cut off again, and other rows be written in its place.
      if (this.#at.rows >= this.#until) await this.close().catch(() => undefined)
      const sample = this.#sampleOf(value)
      if (sample !== undefined) return { ...sample, progress: this.#at }
    }
    return undefined
  }

  /** Closes the log; reading goes on where it was. */
  async close(): Promise<void> {
    const samples = this.#samples
    this.#samples = undefined
    await samples?.return()
  }

  /** Begins anew: there is another log in its place. */
  async restart(): Promise<void> {
    await this.close()
    this.#at = { end: 0, rows: 0 }
    this.#from.clear()
  }

  #open(rows: number): AsyncGenerator<StoredSample, void, undefined> {
    this.#until = rows
    const onBad = (problem: unknown): void => {
      this.#at = { end: this.#at.end, rows: this.#at.rows + 1 }
      this.#onBad(problem)
    }
    return readStored(this.#dir, { from: new Map(this.#from), onBad })
  }

  /** Once a reading has ended, or failed, the next one goes on where it was. */
  async #step(
    samples: AsyncGenerator<StoredSample, void, undefined>,
  ): Promise<IteratorResult<StoredSample, void>> {
    let isOpen = false
    try {
      const read = await samples.next()
      isOpen = read.done !== true
      return read
    } finally {
      if (!isOpen && this.#samples === samples) this.#samples = undefined
    }
  }

  #sampleOf(stored: StoredSample): SpooledSample | undefined {
    if (stored.details.missing.length > 0) this.#onBad(filesGone(this.#dir))
    try {
      return sampleOf(stored, this.#about)
    } catch (cause) {
      this.#onBad(badNote(this.#dir, cause))
      return undefined
    }
  }
}
