import { randomUUID } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import type { CallConnection } from './call-connection.ts'
import type { CallAnswer, CallRequest } from './call-form.ts'
import type { CallTable, Withdrawn } from './call-table.ts'
import { Deadline } from './deadline.ts'
import { Signal } from './signal.ts'
import { tried } from './tried.ts'
import { type Turn, Turns, tooManyCalls } from './turns.ts'

/** Asks whichever instance holds an interaction, and waits for what it answers. */
export class CallAsker {
  readonly #connection: CallConnection
  readonly #table: CallTable
  readonly #waitMs: number
  readonly #answerMs: number
  readonly #turns = new Turns()
  /** Given when a call is answered, by its id. */
  readonly #answered = new Map<string, Signal>()

  /**
   * @param waitMs how long a call waits to be claimed
   * @param answerMs how long a holder may take that has claimed it
   */
  constructor(connection: CallConnection, table: CallTable, waitMs: number, answerMs: number) {
    this.#connection = connection
    this.#table = table
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
    try {
      const call = { id, interaction, request }
      await this.#tried((isWanted) => this.#table.ask(call, isWanted))
      turn.called()
      await within(this.#waitMs, Promise.race([answered.given, turn.yielded.given]))
      turn.leave()
      if (!answered.isGiven) {
        const withdrawn = await this.#withdraw(id, turn)
        if (withdrawn.state === 'unclaimed') return undefined
        if (withdrawn.state === 'answered') return withdrawn.answer as CallAnswer
        await within(this.#answerMs, answered.given)
      }
      return await this.#answerOf(id)
    } finally {
      turn.leave()
      this.#answered.delete(id)
    }
  }

  /** Somebody has answered a call, of this instance maybe. */
  heard(id: string): void {
    this.#answered.get(id)?.give()
  }

  /** Looks for answers that were given while nobody listened. */
  async lookAgain(): Promise<void> {
    if (this.#answered.size === 0) return
    for (const id of await this.#table.answered([...this.#answered.keys()])) this.heard(id)
  }

  /** Takes a call back that nobody has claimed; throws where that does not mean that nobody could. */
  async #withdraw(id: string, turn: Turn): Promise<Withdrawn> {
    const withdrawn = await this.#tried(() => this.#table.withdraw(id))
    if (withdrawn.state === 'lost') throw unknownFate('has lost the call')
    if (withdrawn.state === 'unclaimed') {
      if (turn.yielded.isGiven) throw tooManyCalls()
      if (!this.#connection.isSettled) throw unknownFate('was away a moment ago')
    }
    return withdrawn
  }

  async #answerOf(id: string): Promise<CallAnswer> {
    const answer = await this.#tried(() => this.#table.take(id))
    if (answer !== undefined) return answer as CallAnswer
    throw new FlaggingError(
      'ERR_FLAGGING_STORE',
      'The instance that holds the interaction has not answered: it may have stored the flag or not.',
    )
  }

  #tried<T>(work: (isWanted: () => boolean) => Promise<T>): Promise<T> {
    return tried(this.#connection, this.#waitMs, work)
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
