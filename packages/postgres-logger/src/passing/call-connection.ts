import { FlaggingError } from '@flagging/core'
import type pg from 'pg'
import { databaseError, lostConnection } from '../database/database-errors.ts'
import { Deadline } from './deadline.ts'
import { Hearing, type Say } from './hearing.ts'
import { type Channel, ListeningClient } from './listening-client.ts'
import { Signal } from './signal.ts'

const FIRST_PAUSE_MS = 50
/** How long after a loss others may still be on their way back, and a connection may be lost again. */
const SETTLE_MS = 3000

/** What a connection is made for. */
export interface CallConnectionContext extends Channel {
  readonly connect: () => Promise<pg.Client>
  readonly say: Say
  /** The longest pause between two attempts to connect. */
  readonly longestPauseMs: number
  /** Called each time that it listens anew: what was said meanwhile, nobody has heard. */
  readonly listening: () => void
}

/**
 * The one connection on which an instance listens, asks and answers. It is made when it is first
 * needed, and again whenever it is lost.
 */
export class CallConnection {
  readonly #context: CallConnectionContext
  readonly #hearing: Hearing
  #client: ListeningClient | undefined
  /** Who waits for a client. */
  readonly #waiting = new Set<Signal>()
  #pausing = new Signal()
  #isStarted = false
  #isClosed = false
  #isSettled = false
  #isReported = false
  /** Attempts and losses since a connection has lasted. */
  #failures = 0
  #failure: FlaggingError | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(context: CallConnectionContext) {
    this.#context = context
    this.#hearing = new Hearing(context.say)
  }

  /** Whether it hears what others say, as far as is known. */
  get isListening(): boolean {
    return this.#client !== undefined && !this.#hearing.isDeaf
  }

  /** Whether it hears what others say, as a trial has shown: the first one takes a moment. It never rejects. */
  hears(): Promise<boolean> {
    return this.#hearing.hears()
  }

  /** Whether it listens and was not lost a moment ago, as those of others may be, too. */
  get isSettled(): boolean {
    return this.isListening && this.#isSettled
  }

  /** Why it does not listen, as far as is known. */
  get failure(): FlaggingError | undefined {
    return this.#failure
  }

  /** Connects in the background, unless it has been told so before. */
  start(): void {
    if (this.#isStarted || this.#isClosed) return
    this.#isStarted = true
    this.#running = this.#run().catch(this.#context.onError)
  }

  /**
   * Resolves when it listens, at once where it does, and where it does not in time.
   * @throws FlaggingError `ERR_FLAGGING_CLOSED`
   */
  async ready(deadline: Deadline): Promise<void> {
    this.start()
    if (this.#client === undefined && !this.#isClosed) {
      const waiting = new Signal()
      this.#waiting.add(waiting)
      await deadline.race(waiting.given)
      this.#waiting.delete(waiting)
    }
    if (this.#isClosed) throw closed()
  }

  /**
   * Runs one statement, after those before it.
   * @throws FlaggingError `ERR_FLAGGING_STORE`; what a lost connection was asked may have been done
   */
  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    if (this.#client) return this.#client.query<Row>(text, values)
    throw this.#failure ?? lostConnection(new Error('Not connected yet'))
  }

  /** Gives the connection back, and makes no other. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#pausing.give()
    for (const waiting of this.#waiting) waiting.give()
    await this.#client?.end()
    await this.#running
  }

  get #channel(): Channel {
    const { name, heard, onError } = this.#context
    return {
      name,
      heard: (payload) => {
        if (!this.#hearing.heard(payload)) heard(payload)
      },
      onError,
    }
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const client = await ListeningClient.open(this.#context.connect, this.#channel)
        this.#failure = await this.#listen(client)
      } catch (error) {
        this.#notConnected(databaseError(error))
      }
      if (!this.#isClosed) await this.#pause()
    }
  }

  /** Lets others ask on a connection until it is lost, and says why it was. */
  async #listen(client: ListeningClient): Promise<FlaggingError> {
    const settling = new Deadline(SETTLE_MS, false)
    try {
      if (this.#isClosed) return closed()
      this.#client = client
      this.#hearing.begin()
      this.#isSettled = this.#failures === 0
      this.#failure = undefined
      settling
        .passed()
        .then(() => this.#settled(client))
        .catch(this.#context.onError)
      for (const waiting of this.#waiting) waiting.give()
      this.#context.listening()
      return await client.lost
    } finally {
      settling.end()
      this.#client = undefined
      await client.end()
    }
  }

  #settled(client: ListeningClient): void {
    if (this.#client !== client) return
    this.#isSettled = true
    this.#isReported = false
    this.#failures = 0
  }

  /** Somebody hears of the first attempt in vain; the next ones say the same. */
  #notConnected(error: FlaggingError): void {
    this.#failure = error
    if (this.#isReported || this.#isClosed) return
    this.#isReported = true
    this.#context.onError(error)
  }

  async #pause(): Promise<void> {
    const most = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, this.#context.longestPauseMs)
    this.#failures = Math.min(this.#failures + 1, 16)
    const pause = new Deadline(most / 2 + (Math.random() * most) / 2, false)
    this.#pausing = new Signal()
    await pause.race(this.#pausing.given)
    pause.end()
  }
}

/** What is said to whom a logger is closed. */
export function closed(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_CLOSED', 'This PostgresLogger is closed: make another.')
}
