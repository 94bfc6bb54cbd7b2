import type { Exchange } from '../capture/exchange.ts'
import { tooLate, tooLateToRemove, withDeadline } from '../store/callback-gate.ts'

/** Distinct flags of one interaction that are remembered. */
const FLAGS_EACH = 64
/** Posted samples whose ids are remembered. */
const POSTED = 10_000

/** A flag that is stored or about to be. */
interface Entry {
  readonly stored: Promise<number>
  readonly at: number
  readonly flagger: string | null
}

/** The flags of an interaction. */
interface Flags {
  readonly entries: Map<string, Entry>
  /** Set while some of them are taken back. */
  removal: Promise<number> | undefined
}

/**
 * Remembers who made which interaction and how it was flagged, so that the same flag again writes no
 * second row: one in flight is awaited, a failed one may be sent again.
 */
export class FlagBook {
  readonly #ms: number
  readonly #byExchange = new WeakMap<Exchange, Flags>()
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
    if (this.has(exchange)) return
    this.#byExchange.set(exchange, { entries: new Map(), removal: undefined })
  }

  /** Whether somebody flags or has flagged the interaction. */
  has(exchange: Exchange): boolean {
    return this.#byExchange.has(exchange)
  }

  /**
   * Stores a flag of an interaction once, however often it is sent. One that was taken back is new.
   * @param flagger who sends it
   */
  async once(
    exchange: Exchange,
    key: string,
    flagger: string | null,
    store: () => Promise<number>,
  ): Promise<{ count: number; fresh: boolean }> {
    this.expect(exchange)
    const flags = this.#byExchange.get(exchange) as Flags
    while (flags.removal) await settled(flags.removal)
    return this.#once(flags.entries, key, flagger, FLAGS_EACH, store)
  }

  /**
   * Takes back the flags of an interaction that somebody made, once those in flight are stored, and
   * forgets them.
   * @param isTheirs whether they made a flag, by who sent it
   * @param remove deletes them; not asked where there are none
   * @returns how many were deleted; `undefined` where all flags are somebody else's
   */
  async takeBack(
    exchange: Exchange,
    isTheirs: (flagger: string | null) => boolean,
    remove: () => Promise<number>,
  ): Promise<number | undefined> {
    const flags = this.#byExchange.get(exchange)
    if (flags === undefined) return 0
    while (flags.removal) await settled(flags.removal)
    const { entries } = flags
    const theirs = [...entries].filter(([, { flagger }]) => isTheirs(flagger))
    if (theirs.length === 0) return entries.size === 0 ? 0 : undefined
    const removal = this.#remove(flags, theirs, remove)
    flags.removal = removal
    this.#running.add(removal)
    const isOver = (): void => {
      flags.removal = undefined
      this.#running.delete(removal)
    }
    removal.then(isOver, isOver).catch(this.#onError)
    return withDeadline(removal, tooLateToRemove)
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
    const entries = key === undefined ? new Map<string, Entry>() : this.#posted
    return this.#once(entries, key ?? '', null, POSTED, store)
  }

  /** Resolves when every flag so far has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #remove(
    { entries }: Flags,
    theirs: readonly (readonly [string, Entry])[],
    remove: () => Promise<number>,
  ): Promise<number> {
    await Promise.allSettled(theirs.map(([, { stored }]) => stored))
    const count = await remove()
    for (const [key] of theirs) entries.delete(key)
    return count
  }

  async #once(
    entries: Map<string, Entry>,
    key: string,
    flagger: string | null,
    limit: number,
    store: () => Promise<number>,
  ): Promise<{ count: number; fresh: boolean }> {
    const known = entries.get(key)
    if (known) return { count: await withDeadline(known.stored, tooLate), fresh: false }
    const [oldest] = entries.keys()
    if (entries.size >= limit && oldest !== undefined) entries.delete(oldest)
    const stored = store()
    entries.set(key, { stored, at: Date.now(), flagger })
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

/** Waits for what is being taken back: until then nobody knows what is there. */
async function settled(removal: Promise<number>): Promise<void> {
  await withDeadline(Promise.allSettled([removal]), tooLateToRemove)
}
