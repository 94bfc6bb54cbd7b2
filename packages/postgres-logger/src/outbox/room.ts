import type { FlaggingError } from '@flagging/core'
import { outboxDraining, outboxFilling, outboxFull } from './outbox-errors.ts'
import type { Report } from './segment.ts'

/** Of the alarm: below it, the next one is worth telling again. */
const CALM = 0.9

/** How many bytes an outbox has taken of those that it may take. */
export class Room {
  readonly #maxBytes: number
  readonly #alarmBytes: number
  readonly #report: Report
  #used = 0
  #isAlarmed = false
  /** Whether something was too large since room was given back. */
  #hasRefused = false

  /**
   * @param maxBytes beyond which nothing is taken
   * @param alarmBytes from which on `report` is told, once until there is room again
   */
  constructor(maxBytes: number, alarmBytes: number, report: Report) {
    this.#maxBytes = maxBytes
    this.#alarmBytes = alarmBytes
    this.#report = report
  }

  get used(): number {
    return this.#used
  }

  /** Whether there is so little room that what was sent is deleted at once. */
  get isScarce(): boolean {
    return this.#isAlarmed || this.#hasRefused
  }

  /** Takes room for a sample, or says why there is none. */
  take(bytes: number): FlaggingError | undefined {
    if (this.#used + bytes > this.#maxBytes) {
      // No alarm: whoever flags is told, and the next sample may be smaller.
      this.#hasRefused = true
      return outboxFull(this.#used, this.#maxBytes)
    }
    this.add(bytes)
    return undefined
  }

  /** Counts bytes that are there already. */
  add(bytes: number): void {
    this.#used += bytes
    if (this.#used >= this.#alarmBytes) this.#alarm()
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    this.#used = Math.max(0, this.#used - bytes)
    this.#hasRefused = false
    if (!this.#isAlarmed || this.#used >= this.#alarmBytes * CALM) return
    this.#isAlarmed = false
    this.#report(outboxDraining(this.#used, this.#maxBytes))
  }

  #alarm(): void {
    if (this.#isAlarmed) return
    this.#isAlarmed = true
    this.#report(outboxFilling(this.#used, this.#maxBytes))
  }
}
