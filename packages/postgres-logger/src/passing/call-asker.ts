import { randomUUID } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import type { CallConnection } from './call-connection.ts'
import type { CallAnswer, CallRequest } from './call-form.ts'
import type { OutgoingCalls, Withdrawn } from './outgoing-calls.ts'
import { Deadline } from './deadline.ts'
import { deaf } from './hearing.ts'
import { Signal } from './signal.ts'
import { tried } from './tried.ts'
import { type Turn, Turns, tooManyCalls } from './turns.ts'

/** How long the database may take for each of the steps, at least: it may be on its way back. */
const STEP_MS = 2000

/** Asks whichever instance holds an interaction, and waits for what it answers. */
export class CallAsker {
  readonly #connection: CallConnection
  readonly #calls: OutgoingCalls
  readonly #waitMs: number
  readonly #answerMs: number
  readonly #turns = new Turns()
  /** Given when a call is answered, by its id. */
  readonly #answered = new Map<string, Signal>()
  readonly #forgetting = new Set<Promise<void>>()

  /**
   * @param waitMs how long a call waits to be claimed
   * @param answerMs how long a holder may take that has claimed it
   */
  constructor(connection: CallConnection, calls: OutgoingCalls, waitMs: number, answerMs: number) {
    this.#connection = connection
    this.#calls = calls
    this.#waitMs = waitMs
    this.#answerMs = answerMs
  }

  /** How many calls wait for an answer, or for their turn. */
  get size(): number {
    return this.#answered.size + this.#turns.waiting
  }

  /**
   * Asks, and gives the answer; `undefined` where nobody claims the call, now or later.
   * @throws FlaggingError `ERR_FLAGGING_STORE` where nobody knows what became of it;
   * `ERR_FLAGGING_QUEUE_FULL`
   */
  async ask(interaction: string, request: CallRequest): Promise<CallAnswer | undefined> {
    const turn = await this.#turns.take()
    const id = randomUUID()
    const answered = new Signal()
    this.#answered.set(id, answered)
    let isGone = false
    try {
      const call = { id, interaction, request }
      await this.#tried((isWanted) => this.#calls.make(call, isWanted))
      turn.called()
      await within(this.#waitMs, Promise.race([answered.given, turn.yielded.given]))
      turn.leave()
      const state = answered.isGiven ? 'answered' : await this.#withdraw(id)
      isGone = state === 'unclaimed' || state === 'lost'
      if (state === 'lost') throw unknownFate('has lost the call')
      if (state === 'unclaimed') return await this.#nobody(turn)
      if (state === 'claimed') await within(this.#answerMs, answered.given)
      return await this.#answerOf(id)
    } finally {
      turn.leave()
      this.#answered.delete(id)
      if (!isGone) this.#forget(id)
    }
  }

  /** Resolves when what was asked is forgotten. */
  async idle(): Promise<void> {
    await Promise.all(this.#forgetting)
  }

  /** Somebody has answered a call, of this instance maybe. */
  heard(id: string): void {
    this.#answered.get(id)?.give()
  }

  /** Looks for answers that were given while nobody listened. */
  async lookAgain(): Promise<void> {
    if (this.#answered.size === 0) return
    for (const id of await this.#calls.answered([...this.#answered.keys()])) this.heard(id)
  }

  #withdraw(id: string): Promise<Withdrawn> {
    return this.#tried(() => this.#calls.withdraw(id))
  }

  /** Nobody has claimed a call; throws where that does not mean that nobody could have. */
  async #nobody(turn: Turn): Promise<undefined> {
    if (turn.yielded.isGiven) throw tooManyCalls()
    if (!(await this.#connection.hears())) throw deaf()
    if (!this.#connection.isSettled) throw unknownFate('was away a moment ago')
  }

  /** Nobody waits for that; where it fails, the call is deleted with the old ones. */
  #forget(id: string): void {
    const forgotten = this.#calls.forget(id).catch(() => undefined)
    this.#forgetting.add(forgotten)
    void forgotten.then(() => this.#forgetting.delete(forgotten))
  }

  async #answerOf(id: string): Promise<CallAnswer> {
    const answer = await this.#tried(() => this.#calls.answerOf(id))
    if (answer !== undefined) return answer as CallAnswer
    throw new FlaggingError(
      'ERR_FLAGGING_STORE',
      'The instance that holds the interaction has not answered: it may have stored the flag or not.',
    )
  }

  #tried<T>(work: (isWanted: () => boolean) => Promise<T>): Promise<T> {
    return tried(this.#connection, Math.max(STEP_MS, this.#waitMs), work)
  }
}

/** Waits for something, but not for longer. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const deadline = new Deadline(ms)
  await deadline.race(promise)
  deadline.end()
}

function unknownFate(what: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    `PostgreSQL ${what}, so that nobody knows whether the flag is stored. The same flag again does no harm.`,
  )
}
