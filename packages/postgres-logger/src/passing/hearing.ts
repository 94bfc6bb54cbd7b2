import { randomUUID } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import { Deadline } from './deadline.ts'
import { Signal } from './signal.ts'

/** How long a word may be on its way: a server that is busy takes far less. */
const HEARING_MS = 5000

/** Says something on the channel, over another connection than the one that listens. */
export type Say = (word: string) => Promise<unknown>

/**
 * Whether a connection that listens hears anything. Behind a pool that shares connections between
 * transactions the server takes every `listen`, and nobody ever hears of what it notifies.
 */
export class Hearing {
  readonly #say: Say
  readonly #words = new Map<string, Signal>()
  /** Whether the connection hears, once somebody has asked. */
  #found: Promise<boolean> | undefined
  #isDeaf = false

  constructor(say: Say) {
    this.#say = say
  }

  /** Whether it was found to hear nothing. */
  get isDeaf(): boolean {
    return this.#isDeaf
  }

  /** Another connection listens, of which nothing is known. */
  begin(): void {
    this.#found = undefined
    this.#isDeaf = false
  }

  /** Takes what was heard; `false` where that was no word of its own. */
  heard(payload: string): boolean {
    const word = this.#words.get(payload)
    word?.give()
    return word !== undefined
  }

  /**
   * Whether the connection hears: says a word and waits for it, the first time. Never rejects; where
   * nothing can be said, nothing speaks against it.
   */
  hears(): Promise<boolean> {
    if (this.#found !== undefined) return this.#found
    const found = this.#listen().then((isHeard) => {
      if (this.#found !== found) return true
      if (isHeard === undefined) this.#found = undefined
      this.#isDeaf = isHeard === false
      return !this.#isDeaf
    })
    this.#found = found
    return found
  }

  /** Says a word; whether it was heard, `undefined` where it could not be said. */
  async #listen(): Promise<boolean | undefined> {
    const word = `word ${randomUUID()}`
    const heard = new Signal()
    this.#words.set(word, heard)
    const deadline = new Deadline(HEARING_MS)
    try {
      await this.#say(word)
      await deadline.race(heard.given)
      return heard.isGiven
    } catch {
      return undefined
    } finally {
      deadline.end()
      this.#words.delete(word)
    }
  }
}

/** What is said where no flag can be passed, since nobody hears of it. */
export function deaf(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    'Flags of other instances are not heard here: what stands in front of PostgreSQL shares connections ' +
      'between transactions, and `LISTEN` needs one of its own. Connect to the server itself, let the pool ' +
      'keep connections for whole sessions, or set `passFlags: false`.',
  )
}
