import { performance } from 'node:perf_hooks'
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import type { Exchange } from '../capture/exchange.ts'
import { FlaggingError } from '../errors.ts'

/** Milliseconds of one turn of the event loop that samples may take. */
const TURN_MS = 5
/** Milliseconds that they gather: many at a time cost a third of what they cost one by one. */
const GATHER_MS = 5
/** So many have gathered long enough. */
const MANY = 256
const REPORT_MS = 1000

/** What the queue works for. */
export interface QueueContext {
  readonly limits: { readonly queue: number; readonly queueBytes: number }
  /** Stores one interaction and counts it; nothing where it is refused. */
  readonly store: (exchange: Exchange) => Promise<number | undefined> | undefined
  /** Told of each that was stored. */
  readonly stored: () => void
  /** Told of each that could not be. */
  readonly failed: (exchange: Exchange, error: unknown) => void
  readonly onError: (error: unknown) => void
}

interface Waiting {
  readonly exchange: Exchange
  /** What it held in memory when it came in. */
  readonly bytes: number
}

/**
 * Interactions that wait to be logged by themselves. They are taken up after the reply, a few
 * milliseconds a turn; over the caps the newest are dropped, counted and reported.
 */
export class Queue {
  readonly #context: QueueContext
  #waiting: Waiting[] = []
  #next = 0
  #gathering: NodeJS.Timeout | undefined
  #scheduled = false
  #bytes = 0
  #reportedAt = Number.NEGATIVE_INFINITY
  readonly #idle: (() => void)[] = []
  /** Interactions that wait or are being stored. */
  pending = 0
  /** Interactions that were dropped. */
  dropped = 0

  constructor(context: QueueContext) {
    this.#context = context
  }

  /** Takes an interaction in, or drops it. */
  add(exchange: Exchange): void {
    const { queue, queueBytes } = this.#context.limits
    const bytes = sizeOf(exchange)
    const isFull = this.pending >= queue || (this.pending > 0 && this.#bytes + bytes > queueBytes)
    if (isFull) {
      this.#drop(exchange)
      return
    }
    // Counted last: what fails before has not come in.
    if (this.#waiting.length < MANY) this.#gather()
    else this.#schedule()
    this.#waiting.push({ exchange, bytes })
    this.pending++
    this.#bytes += bytes
  }

  /** Resolves when nothing waits any longer; what gathers is taken up now. */
  idle(): Promise<void> {
    if (this.pending === 0) return Promise.resolve()
    this.#schedule()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #gather(): void {
    if (this.#scheduled || this.#gathering !== undefined) return
    this.#gathering = setTimeout(this.#due, GATHER_MS)
  }

  #schedule(): void {
    if (this.#scheduled) return
    setImmediate(this.#due)
    this.#scheduled = true
  }

  readonly #due = (): void => {
    const gathering = this.#gathering
    this.#gathering = undefined
    this.#scheduled = false
    // What is thrown here would end the process.
    try {
      clearTimeout(gathering)
      this.#takeUp()
    } catch (error) {
      this.#context.onError(error)
      this.#schedule()
    }
  }

  #takeUp(): void {
    const until = performance.now() + TURN_MS
    while (this.#next < this.#waiting.length) {
      void this.#store(this.#waiting[this.#next] as Waiting)
      this.#next++
      if (performance.now() > until) break
    }
    if (this.#next < this.#waiting.length) {
      this.#schedule()
      return
    }
    this.#waiting = []
    this.#next = 0
  }

  async #store({ exchange, bytes }: Waiting): Promise<void> {
    const { store, stored, failed } = this.#context
    try {
      try {
        const storing = store(exchange)
        if (storing && (await storing) !== undefined) stored()
      } catch (error) {
        failed(exchange, error)
      }
      exchange.release()
    } catch (error) {
      exchange.abandon(error)
    }
    this.pending--
    this.#bytes -= bytes
    if (this.pending > 0) return
    try {
      this.#wake()
    } catch (error) {
      this.#context.onError(error)
      this.#wake()
    }
  }

  #wake(): void {
    for (const resolve of this.#idle) resolve()
    this.#idle.length = 0
  }

  #drop(exchange: Exchange): void {
    this.dropped++
    exchange.release()
    if (Date.now() - this.#reportedAt < REPORT_MS) return
    this.#reportedAt = Date.now()
    this.#context.onError(
      new FlaggingError(
        'ERR_FLAGGING_QUEUE_FULL',
        `Samples come in faster than the callback stores them: ${this.dropped} dropped so far. ` +
          'Raise `limits.queue`, lower `sampleRate`, or make the callback faster.',
      ),
    )
  }
}

function sizeOf({ request, response }: Exchange): number {
  return (request?.memoryBytes ?? 0) + (response?.memoryBytes ?? 0)
}
