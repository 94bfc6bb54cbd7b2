import type { Exchange } from '../capture/exchange.ts'
import { tooLate, withDeadline } from '../store/callback-gate.ts'

/** Distinct flags of one interaction that are remembered. */
const FLAGS_EACH = 64
/** Posted samples whose ids are remembered. */
const POSTED = 10_000

/** A flag that is stored or about to be. */
interface Entry {
  readonly stored: Promise<number>
  readonly at: number
}

/**
 * Remembers who made which interaction and how it was flagged, so that the same flag again writes no
 * second row: one in flight is awaited, a failed one may be sent again.
 */
export class FlagBook {
  readonly #ms: number
  readonly #byExchange = new WeakMap<Exchange, Map<string, Entry>>()
  readonly #makers = new WeakMap<Exchange, Promise<string | null>>()
  readonly #posted = new Map<string, Entry>()
  readonly #running = new Set<Promise<number>>()
  readonly #onError: (error: unknown) => void

  /** @param seconds how long a posted sample's id is remembered */
  constructor(seconds: number, onError: (error: unknown) => void) {
    this.#ms = seconds * 1000
    this.#onError = onError
  }

  setMaker(exchange: Exchange, maker: Promise<string | null>): void {
    this.#makers.set(exchange, maker)
  }

  /** Who made the interaction; `undefined` where nobody asked. */
  maker(exchange: Exchange): Promise<string | null> | undefined {
    return this.#makers.get(exchange)
  }

  /** Notes that somebody flags the interaction, whatever the mode. */
  expect(exchange: Exchange): void {
    if (!this.#byExchange.has(exchange)) this.#byExchange.set(exchange, new Map())
  }

  /** Whether somebody flags or has flagged the interaction. */
  has(exchange: Exchange): boolean {
    return this.#byExchange.has(exchange)
  }

  /** Stores a flag of an interaction once, however often it is sent. */
  once(
    exchange: Exchange,
    key: string,
    store: () => Promise<number>,
  ): Promise<{ count: number; fresh: boolean }> {
    this.expect(exchange)
    const entries = this.#byExchange.get(exchange) as Map<string, Entry>
    return this.#once(entries, key, FLAGS_EACH, store)
  }

  /** Stores a posted sample once, if its client gave it an id to retry with. */
  oncePosted(
    key: string | undefined,
    store: () => Promise<number>,
  ): Promise<{ count: number; fresh: boolean }> {
    const now = Date.now()
    for (const [old, { at }] of this.#posted) {
      if (at + this.#ms > now) break
      this.#posted.delete(old)
    }
    return this.#once(key === undefined ? new Map() : this.#posted, key ?? '', POSTED, store)
  }

  /** Resolves when every flag so far has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #once(
    entries: Map<string, Entry>,
    key: string,
    limit: number,
    store: () => Promise<number>,
  ): Promise<{ count: number; fresh: boolean }> {
    const known = entries.get(key)
    if (known) return { count: await withDeadline(known.stored, tooLate), fresh: false }
    const [oldest] = entries.keys()
    if (entries.size >= limit && oldest !== undefined) entries.delete(oldest)
    const stored = store()
    entries.set(key, { stored, at: Date.now() })
    this.#running.add(stored)
    stored
      .then(
        () => this.#running.delete(stored),
        () => {
          this.#running.delete(stored)
          entries.delete(key)
        },
      )
      .catch(this.#onError)
    return { count: await withDeadline(stored, tooLate), fresh: true }
  }
}
