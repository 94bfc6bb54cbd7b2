import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { noEnd } from '../database/database-errors.ts'
import { isOfTheSetup, isTransient } from '../database/transient.ts'

/** How long somebody who waits for a flag waits for a server that is away: less than core waits. */
const PATIENCE_MS = 8000
/** What takes its time itself says better why. */
const GRACE_MS = 500
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** Tries again what may go well the next time, with pauses, until a moment. */
export class Retrying {
  /** By `performance.now()`. */
  readonly until: number
  #pause = FIRST_PAUSE_MS

  constructor(until: number = performance.now() + PATIENCE_MS) {
    this.until = until
  }

  /** Milliseconds that are left; 1 at least. */
  get left(): number {
    return Math.max(1, this.until - performance.now())
  }

  /**
   * Does something until it goes well. What does not come to an end is not waited for any longer when
   * the time is up, though it may be done all the same.
   * @throws what it threw last
   */
  async run<T>(work: (leftMs: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await within(this.left + GRACE_MS, work(this.left))
      } catch (error) {
        if (!(await this.mayTryAgain(error))) throw error
      }
    }
  }

  /** Whether there is time for another try, after a pause. What somebody must see to is not tried again. */
  async mayTryAgain(error: unknown): Promise<boolean> {
    if (!isTransient(error) || isOfTheSetup(error)) return false
    // Somewhere within it, so that many who were cut off do not all come back at once.
    const pause = this.#pause * (0.5 + Math.random())
    if (performance.now() + pause >= this.until) return false
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
    await sleep(pause)
    return true
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noEnd(ms)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
