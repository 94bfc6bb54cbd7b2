import { clearTimeout, setTimeout } from 'node:timers'
import type { CallbackHost, FlagOutcome, FlagsElsewhere, PassedFlag } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import { CallAsker } from './call-asker.ts'
import { CallConnection, closed } from './call-connection.ts'
import { type CallRequest, flagRequest, outcomeOf } from './call-form.ts'
import { CallHolder } from './call-holder.ts'
import { CallTable } from './call-table.ts'
import { Deadline } from './deadline.ts'
import { IncomingCalls } from './incoming-calls.ts'
import { OutgoingCalls } from './outgoing-calls.ts'
import { tried } from './tried.ts'

/** When calls are looked through whose askers have died; well after any of them has ended. */
const CLEAN_MS = 330_000
const ANSWER_MS = 10_000
const LONGEST_PAUSE_MS = 1000
const BACKGROUND_MS = 10_000
const SAY_MS = 5000
/** How long what is being passed may take to end. */
const CLOSE_MS = 15_000

/** The form of a call's id. */
const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** What passing needs to know. */
export interface PassingOptions {
  /** How long a call waits for an instance that holds the interaction, in milliseconds. */
  readonly waitMs: number
  /** How long it may take then, in milliseconds. Default 10,000, as long as any flag may. */
  readonly answerMs?: number
  readonly onError: (error: unknown) => void
}

/** What is being passed. */
export interface PassingStats {
  /** Whether this instance hears what others ask; `false` also where nothing has been held yet. */
  readonly isListening: boolean
  /** Flags that wait for another instance. */
  readonly asking: number
  /** Flags that this instance carries out for another one. */
  readonly answering: number
}

/**
 * Passes flags to the instance that holds the interaction, through a small table and notifications.
 * It connects when the first interaction is held or the first flag is to be passed.
 */
export class Passing implements FlagsElsewhere {
  readonly #hosts = new Set<CallbackHost>()
  readonly #connection: CallConnection
  readonly #table: CallTable
  readonly #asker: CallAsker
  readonly #holder: CallHolder
  readonly #asking = new Set<Promise<unknown>>()
  readonly #onError: (error: unknown) => void
  #cleaning: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(database: Database, { waitMs, answerMs = ANSWER_MS, onError }: PassingOptions) {
    const name = `${database.name}_calls`
    this.#onError = onError
    this.#connection = new CallConnection({
      connect: () => database.client(),
      say: (word) => database.query('select pg_notify($1, $2)', [name, word], { waitMs: SAY_MS }),
      name,
      // Whoever has lost a connection has another one before others stop waiting.
      longestPauseMs: Math.min(LONGEST_PAUSE_MS, waitMs / 2),
      heard: (payload) => this.#heard(payload),
      listening: () => this.#listening(),
      onError,
    })
    const connection = this.#connection
    const table = new CallTable(connection, database.schema, name)
    this.#table = table
    this.#asker = new CallAsker(connection, new OutgoingCalls(table), waitMs, answerMs)
    const calls = new IncomingCalls(table)
    this.#holder = new CallHolder({ connection, calls, hosts: this.#hosts, onError })
  }

  /** Lets others ask for what a flagging holds. */
  attach(host: CallbackHost): void {
    if (host.holds) this.#hosts.add(host)
  }

  /** From now on others may ask. */
  holding(): void {
    this.#connection.start()
  }

  /**
   * Has the flagging flag that holds an interaction: one of this process, or another instance's.
   * @throws FlaggingError `ERR_FLAGGING_STORE`, `ERR_FLAGGING_QUEUE_FULL`, or what the holder threw
   */
  async flag(id: string, flag: PassedFlag): Promise<FlagOutcome | undefined> {
    const here = this.#holder.hostOf(id)
    return here ? here.flagHeld(id, flag) : this.#ask<FlagOutcome>(id, flagRequest(flag))
  }

  /** Has it take flags back likewise. */
  async unflag(id: string, username: string | null): Promise<number | undefined> {
    const here = this.#holder.hostOf(id)
    if (here) return here.unflagHeld(id, username)
    const outcome = await this.#ask<{ readonly deleted: number }>(id, { kind: 'unflag', username })
    return outcome?.deleted
  }

  /** What is being passed at the moment. */
  stats(): PassingStats {
    return {
      isListening: this.#connection.isListening,
      asking: this.#asker.size,
      answering: this.#holder.size,
    }
  }

  /** Waits for what is being passed, for some seconds at most, and gives the connection back. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // A connection alone keeps no process.
    const deadline = new Deadline(CLOSE_MS)
    const ended = Promise.allSettled([...this.#asking, this.#holder.idle()])
    await deadline.race(ended.then(() => this.#asker.idle()))
    clearTimeout(this.#cleaning)
    await this.#connection.close()
    deadline.end()
  }

  async #ask<Outcome extends FlagOutcome | { readonly deleted: number }>(
    id: string,
    request: CallRequest,
  ): Promise<Outcome | undefined> {
    if (this.#closing) throw closed()
    const asked = this.#asker.ask(id, request)
    this.#asking.add(asked)
    try {
      const answer = await asked
      return answer && outcomeOf<Outcome>(answer)
    } finally {
      this.#asking.delete(asked)
    }
  }

  /** An answer is told with the id of its call, a call with that of its interaction, too. */
  #heard(payload: string): void {
    const [id = '', interaction] = payload.split(' ')
    // Whoever may reach the database may say anything on the channel.
    if (!ID.test(id)) return
    if (interaction === undefined) this.#asker.heard(id)
    else this.#holder.heard(id, interaction)
    this.#cleanLater()
  }

  #listening(): void {
    this.#inBackground(() => this.#lookAgain())
  }

  async #lookAgain(): Promise<void> {
    await this.#holder.lookAgain()
    await this.#asker.lookAgain()
    await this.#clean()
  }

  async #clean(): Promise<void> {
    if (await this.#table.clean()) this.#cleanLater()
  }

  /** Where nothing is passed, nothing is left behind, and nobody needs to look. */
  #cleanLater(): void {
    this.#cleaning ??= setTimeout(() => {
      this.#cleaning = undefined
      this.#inBackground(() => this.#clean())
    }, CLEAN_MS).unref()
  }

  /** Where there is no connection, that has been told; the next one looks for the same. */
  #inBackground(work: () => Promise<void>): void {
    tried(this.#connection, BACKGROUND_MS, work).catch((error: unknown) => {
      if (this.#connection.isListening) this.#onError(error)
    })
  }
}
