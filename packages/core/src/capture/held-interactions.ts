import { clearInterval, setInterval } from 'node:timers'
import type { Exchange } from './exchange.ts'

interface Held {
  readonly exchange: Exchange
  expiresAt: number
  // A list of their order: to find the oldest, a map looks at all that it has lost since it grew.
  older: Held | undefined
  newer: Held | undefined
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
  #oldest: Held | undefined
  #newest: Held | undefined
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
    const older = this.#newest
    const held = { exchange, expiresAt: Number.POSITIVE_INFINITY, older, newer: undefined }
    this.#byId.set(exchange.id, held)
    if (older) older.newer = held
    else this.#oldest = held
    this.#newest = held
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
      this.#drop(held)
      return undefined
    }
    return held?.exchange
  }

  /** Lets go of the oldest interaction whose answer is over; false if there is none. */
  evictOldest(): boolean {
    let held = this.#oldest
    while (held && held.exchange.state !== 'ended') held = held.newer
    if (!held && this.#byId.size >= this.#limit) held = this.#oldest
    if (!held) return false
    this.#drop(held)
    return true
  }

  /** Holds an interaction no longer that somebody else has released. */
  forget(exchange: Exchange): void {
    const held = this.#byId.get(exchange.id)
    if (held) this.#drop(held)
  }

  close(): void {
    for (const held of this.#byId.values()) this.#drop(held)
  }

  #drop(held: Held): void {
    const { older, newer, exchange } = held
    this.#byId.delete(exchange.id)
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    try {
      exchange.release()
    } catch (error) {
      exchange.abandon(error)
    }
    if (this.#byId.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #sweep(): void {
    const now = Date.now()
    for (const held of this.#byId.values()) if (held.expiresAt <= now) this.#drop(held)
  }
}
