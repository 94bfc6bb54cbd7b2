import { clearInterval, setInterval } from 'node:timers'
import type { Exchange } from './exchange.ts'

interface Held {
  readonly exchange: Exchange
  expiresAt: number
}

const SWEEP_MS = 15_000

/**
 * What may still be flagged in `manual` mode: bounded by count and age here, by bytes through
 * `evictOldest`, which the budget calls.
 */
export class HeldInteractions {
  readonly #limit: number
  readonly #ms: number
  readonly #onError: (error: unknown) => void
  readonly #byId = new Map<string, Held>()
  #timer: NodeJS.Timeout | undefined

  constructor(limit: number, seconds: number, onError: (error: unknown) => void) {
    this.#limit = limit
    this.#ms = seconds * 1000
    this.#onError = onError
  }

  get size(): number {
    return this.#byId.size
  }

  /** Holds an interaction from the moment its id goes out. */
  add(exchange: Exchange): void {
    while (this.#byId.size >= this.#limit) this.evictOldest()
    this.#byId.set(exchange.id, { exchange, expiresAt: Number.POSITIVE_INFINITY })
    this.#timer ??= setInterval(() => {
      // What is thrown here would end the process.
      try {
        this.#sweep()
      } catch (error) {
        this.#onError(error)
      }
    }, SWEEP_MS).unref()
  }

  /** Starts the clock of an interaction whose answer has ended. */
  ended(exchange: Exchange): void {
    const held = this.#byId.get(exchange.id)
    if (held) held.expiresAt = Date.now() + this.#ms
  }

  get(id: string): Exchange | undefined {
    const held = this.#byId.get(id)
    if (held && held.expiresAt <= Date.now()) {
      this.#drop(id, held)
      return undefined
    }
    return held?.exchange
  }

  /** Lets go of the oldest interaction whose answer is over; false if there is none. */
  evictOldest(): boolean {
    for (const [id, held] of this.#byId) {
      if (held.exchange.state !== 'ended') continue
      this.#drop(id, held)
      return true
    }
    const [first] = this.#byId
    if (!first || this.#byId.size < this.#limit) return false
    this.#drop(...first)
    return true
  }

  /** Holds an interaction no longer that somebody else has released. */
  forget(exchange: Exchange): void {
    const held = this.#byId.get(exchange.id)
    if (held) this.#drop(exchange.id, held)
  }

  close(): void {
    for (const [id, held] of this.#byId) this.#drop(id, held)
  }

  #drop(id: string, held: Held): void {
    this.#byId.delete(id)
    try {
      held.exchange.release()
    } catch (error) {
      held.exchange.abandon(error)
    }
    if (this.#byId.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #sweep(): void {
    const now = Date.now()
    for (const [id, held] of this.#byId) if (held.expiresAt <= now) this.#drop(id, held)
  }
}
