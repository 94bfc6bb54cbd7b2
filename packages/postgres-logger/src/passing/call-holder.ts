import type { CallbackHost } from '@flagging/core/store'
import { isForClient } from '@flagging/core/store'
import type { CallConnection } from './call-connection.ts'
import {
  type CallAnswer,
  type CallRequest,
  NOT_HELD,
  carriedOut,
  failedAnswer,
} from './call-form.ts'
import type { IncomingCalls } from './incoming-calls.ts'
import { tried } from './tried.ts'
import { tooManyCalls } from './turns.ts'

/** Calls that one instance carries out at once. */
const MOST = 256
/** How long it tries to claim a call: whoever asks waits about as long. */
const CLAIM_MS = 2000
/** How long it tries to answer one: whoever asks waits no longer. */
const ANSWER_MS = 10_000

/** What a holder works with. */
export interface CallHolderContext {
  readonly connection: CallConnection
  readonly calls: IncomingCalls
  /** The flaggings whose interactions others may ask for. */
  readonly hosts: Iterable<CallbackHost>
  readonly onError: (error: unknown) => void
}

/** Carries out what other instances ask of the interactions that are held here. */
export class CallHolder {
  readonly #context: CallHolderContext
  readonly #running = new Map<string, Promise<void>>()

  constructor(context: CallHolderContext) {
    this.#context = context
  }

  /** How many calls are being carried out. */
  get size(): number {
    return this.#running.size
  }

  /** The flagging that holds an interaction, if one of this process does. */
  hostOf(interaction: string): CallbackHost | undefined {
    for (const host of this.#context.hosts) if (host.isHeld(interaction)) return host
    return undefined
  }

  /** Somebody asks for an interaction: of this instance, maybe. */
  heard(id: string, interaction: string): void {
    const host = this.hostOf(interaction)
    if (host === undefined || this.#running.has(id)) return
    const isFull = this.#running.size >= MOST
    const running = (isFull ? this.#refuse(id) : this.#carryOut(host, id, interaction))
      .catch(this.#context.onError)
      .finally(() => this.#running.delete(id))
    this.#running.set(id, running)
  }

  /** Looks for calls that were made while nobody listened. */
  async lookAgain(): Promise<void> {
    for (const { id, interaction } of await this.#context.calls.unclaimed()) {
      this.heard(id, interaction)
    }
  }

  /** Resolves when what runs is answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  async #carryOut(host: CallbackHost, id: string, interaction: string): Promise<void> {
    const request = await this.#claimed(id)
    if (request === undefined) return
    await this.#answer(id, await this.#outcome(host, interaction, request as CallRequest))
  }

  async #outcome(
    host: CallbackHost,
    interaction: string,
    request: CallRequest,
  ): Promise<CallAnswer> {
    try {
      return (await carriedOut(host, interaction, request)) ?? NOT_HELD
    } catch (error) {
      if (!isForClient(error)) this.#context.onError(error)
      return failedAnswer(error)
    }
  }

  async #refuse(id: string): Promise<void> {
    if ((await this.#claimed(id)) !== undefined)
      await this.#answer(id, failedAnswer(tooManyCalls()))
  }

  #claimed(id: string): Promise<unknown> {
    const { connection, calls } = this.#context
    return tried(connection, CLAIM_MS, (isWanted) => calls.claim(id, isWanted))
  }

  #answer(id: string, answer: CallAnswer): Promise<void> {
    const { connection, calls } = this.#context
    return tried(connection, ANSWER_MS, () => calls.answer(id, answer))
  }
}
