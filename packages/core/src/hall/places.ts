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
  isIn: boolean
}

/**
 * The places of flags by hand on their way to the callback. Where none is free, a flag waits for its
 * turn: for five seconds at most, and only as many wait as there are places. A single flag has a
 * place however large it is.
 */
export class Places {
  readonly #limits: PlaceLimits
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Set<Waiting>()
  #waitingBytes = 0
  #taken = 0
  #takenBytes = 0

  constructor(limits: PlaceLimits, onError: (error: unknown) => void) {
    this.#limits = limits
    this.#onError = onError
  }

  /** How many flags have a place or wait for one. */
  get pending(): number {
    return this.#taken + this.#waiting.size
  }

  /**
   * Does something in a place of its own, once there is one.
   * @throws FlaggingError `ERR_FLAGGING_QUEUE_FULL` where none becomes free in time, or where too
   * many wait already
   */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    // A wait that ends well has taken the place.
    if (this.#waiting.size > 0 || !this.#fits(bytes)) await this.#wait(bytes)
    else {
      this.#taken++
      this.#takenBytes += bytes
    }
    try {
      return await work()
    } finally {
      this.#taken--
      this.#takenBytes -= bytes
      try {
        this.#letIn()
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  async #wait(bytes: number): Promise<void> {
    const { queue, queueBytes } = this.#limits
    if (this.#waiting.size >= queue || this.#waitingBytes + bytes > queueBytes) throw noPlace()
    let enter = (): void => undefined
    const turn = new Promise<void>((resolve) => (enter = resolve))
    const waiting = { bytes, enter, isIn: false }
    this.#waiting.add(waiting)
    this.#waitingBytes += bytes
    try {
      await withDeadline(turn, () => undefined, WAIT_MS)
      // It may just have been let in.
      if (!waiting.isIn) throw noPlace()
    } finally {
      this.#waitingBytes -= bytes
      this.#waiting.delete(waiting)
    }
  }

  /** Lets in who has waited longest, as far as there is room. */
  #letIn(): void {
    for (const waiting of this.#waiting) {
      if (waiting.isIn) continue
      if (!this.#fits(waiting.bytes)) return
      waiting.enter()
      waiting.isIn = true
      this.#taken++
      this.#takenBytes += waiting.bytes
    }
  }

  #fits(bytes: number): boolean {
    const { queue, queueBytes } = this.#limits
    return this.#taken === 0 || (this.#taken < queue && this.#takenBytes + bytes <= queueBytes)
  }
}

function noPlace(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_QUEUE_FULL',
    'Too many flags wait for the callback: make it faster, or raise `limits.queue` and ' +
      '`limits.queueBytes`.',
  )
}
