import { FlaggingError } from '../errors.ts'
import { withDeadline } from '../store/callback-gate.ts'

/** How long a flag by hand waits for a place before it is refused. */
const WAIT_MS = 5000

/** How many flags by hand may be on their way to the callback at once, and what they may hold. */
export interface PlaceLimits {
  readonly queue: number
  readonly queueBytes: number
}

interface Waiting {
  readonly bytes: number
  readonly enter: () => void
}

/**
 * The places of flags by hand on their way to the callback. Where none is free, a flag waits for its
 * turn: for five seconds at most, and only as many wait as there are places. A single flag has a
 * place however large it is.
 */
export class Places {
  readonly #limits: PlaceLimits
  readonly #waiting = new Set<Waiting>()
  #waitingBytes = 0
  #taken = 0
  #takenBytes = 0

  constructor(limits: PlaceLimits) {
    this.#limits = limits
  }

  /** How many flags have a place or wait for one. */
  get pending(): number {
    return this.#taken + this.#waiting.size
  }

  /**
   * Takes a place; `undefined` if it is taken at once. Each one taken must be left again.
   * @throws FlaggingError `ERR_FLAGGING_QUEUE_FULL` where none becomes free in time, or where too
   * many wait already
   */
  enter(bytes: number): Promise<void> | undefined {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#take(bytes)
      return undefined
    }
    const { queue, queueBytes } = this.#limits
    if (this.#waiting.size >= queue || this.#waitingBytes + bytes > queueBytes) throw noPlace()
    return this.#wait(bytes)
  }

  /** Gives a place back, and lets in who has waited longest. */
  leave(bytes: number): void {
    this.#taken--
    this.#takenBytes -= bytes
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.bytes)) return
      this.#forget(waiting)
      this.#take(waiting.bytes)
      waiting.enter()
    }
  }

  async #wait(bytes: number): Promise<void> {
    let enter = (): void => undefined
    const turn = new Promise<void>((resolve) => (enter = resolve))
    const waiting = { bytes, enter }
    this.#waiting.add(waiting)
    this.#waitingBytes += bytes
    await withDeadline(
      turn,
      () => {
        // Who is not waiting any longer has just been let in.
        if (this.#forget(waiting)) throw noPlace()
      },
      WAIT_MS,
    )
  }

  #forget(waiting: Waiting): boolean {
    if (!this.#waiting.delete(waiting)) return false
    this.#waitingBytes -= waiting.bytes
    return true
  }

  #fits(bytes: number): boolean {
    const { queue, queueBytes } = this.#limits
    return this.#taken === 0 || (this.#taken < queue && this.#takenBytes + bytes <= queueBytes)
  }

  #take(bytes: number): void {
    this.#taken++
    this.#takenBytes += bytes
  }
}

function noPlace(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_QUEUE_FULL',
    'Too many flags wait for the callback: make it faster, or raise `limits.queue` and ' +
      '`limits.queueBytes`.',
  )
}
