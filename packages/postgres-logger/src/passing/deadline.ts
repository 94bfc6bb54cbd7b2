import { clearTimeout, setTimeout } from 'node:timers'

/** What a race gives that nobody has won in time. */
export const LATE: unique symbol = Symbol('late')

/** A moment after which nobody waits any longer. */
export class Deadline {
  readonly #timer: NodeJS.Timeout
  readonly #late: Promise<typeof LATE>
  #isOver = false

  /**
   * @param ms how far away it is
   * @param holdsProcess whether a process with nothing else to do stays for it
   */
  constructor(ms: number, holdsProcess = true) {
    let over = (): void => undefined
    this.#late = new Promise((resolve) => (over = () => resolve(LATE)))
    this.#timer = setTimeout(() => {
      this.#isOver = true
      over()
    }, ms)
    if (!holdsProcess) this.#timer.unref()
  }

  /** Whether it has passed. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** What comes first: what a promise gives or throws, or `LATE`. */
  race<T>(promise: Promise<T>): Promise<T | typeof LATE> {
    return Promise.race([promise, this.#late])
  }

  /** Resolves when it has passed. */
  async passed(): Promise<void> {
    await this.#late
  }

  /** Forgets it: it never passes. */
  end(): void {
    clearTimeout(this.#timer)
  }
}
