import { performance } from 'node:perf_hooks'
import type { Ended } from '../sample/interaction.ts'
import { createId } from './create-id.ts'
import type { KeptBody } from './left-body.ts'
import { Recorder, type RecorderContext } from './recorder.ts'

/** The plain facts of an exchange that has ended; nothing in it keeps the host's objects alive. */
export interface AnswerFacts extends RouteFacts {
  readonly requestType: string | undefined
  readonly requestEncoding: string | undefined
  readonly status: number
  readonly responseType: string | undefined
  readonly responseEncoding: string | undefined
}

/** What only the adapter knows of a request. */
export interface RouteFacts {
  readonly pattern: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What is known of a request as soon as it comes in. */
export interface RequestFacts {
  readonly method: string
  /** As the client sent it, query included. */
  readonly url: string
  /** Asked of the target once its route is known. */
  route(target: object): RouteFacts
}

/** What a flagging does with an exchange; one object per mounted middleware. */
export interface Plan {
  readonly recorder: RecorderContext
  /** Whether responses carry an id, and interactions are held to be flagged. */
  readonly issuesIds: boolean
  /** Whether the response to this request may be given an id; asked when its head is written. */
  mayIssueId(exchange: Exchange): boolean
  /** Told when the id goes out. */
  opened(exchange: Exchange): void
  /** Told once, when the host has ended the answer: from now on it may be flagged. */
  answered(exchange: Exchange): void
  /** Told once, when the answer is over and done with. */
  ended(exchange: Exchange): void
  /** Told when a part of the request was read before the tap was set. */
  missed(exchange: Exchange): void
  /** Told when a failure of ours has ended what was to become of the exchange: it is reported. */
  abandoned(exchange: Exchange, fault: unknown): void
  onError(error: unknown): void
}

/** What an exchange takes in memory beside its bodies and its address, roughly. */
const OVERHEAD = 1024

/** One request to the host and its response while they pass by. */
export class Exchange {
  plan: Plan
  /** What the framework hands to a handler: Hono's context, Express's request. Dropped at the end. */
  target: object | undefined
  readonly facts: RequestFacts
  readonly startedAt: number = Date.now()
  readonly #startedAt = performance.now()
  /** Milliseconds until the answer had ended, to the microsecond. */
  duration = 0
  request: Recorder | undefined
  response: Recorder | undefined
  /** Whether a part of the request was read before the tap was set. */
  missedRequest = false
  /** Whether all of the request had come in by the end of the answer, where that can be known. */
  isRequestWhole = true
  /** What an earlier middleware left of the part that was missed. */
  left: Promise<KeptBody | undefined> | undefined
  answer: AnswerFacts | undefined
  state: 'open' | 'answered' | 'ended' = 'open'
  endedAs: Ended = 'complete'
  /** Whether the id went out with the response. */
  issued = false
  /** The failure of ours that it is given up for. Plain: it is set where no call can be made. */
  fault: unknown
  #id: string | undefined
  #isExcluded = false
  #isReleased = false
  #isAbandoned = false
  #users = 0
  #charged = 0
  #waiting: (() => void)[] | undefined

  constructor(plan: Plan, target: object, facts: RequestFacts) {
    this.plan = plan
    this.target = target
    this.facts = facts
  }

  get id(): string {
    return (this.#id ??= createId())
  }

  /** Whether nothing of it is kept any longer. */
  get excluded(): boolean {
    const isGone = this.#isReleased && this.#users === 0
    return isGone || this.#isExcluded || this.fault !== undefined
  }

  recordRequest(chunk: Uint8Array | string, encoding?: BufferEncoding): void {
    // What runs in or out after the answer is over had no part in it.
    if (this.excluded || this.state === 'ended') return
    this.request ??= this.#recorder(this.response)
    this.request.add(chunk, encoding)
  }

  /** All of the request is in; after the answer that is of no account. */
  requestEnded(): void {
    if (this.state !== 'ended') this.isRequestWhole = true
  }

  recordResponse(chunk: Uint8Array | string, encoding?: BufferEncoding): void {
    if (this.excluded || this.state === 'ended') return
    this.response ??= this.#recorder(this.request)
    this.response.add(chunk, encoding)
  }

  #recorder(other: Recorder | undefined): Recorder {
    const recorder = new Recorder(this.plan.recorder)
    recorder.other = other
    if (other) other.other = recorder
    return recorder
  }

  /** Gives the id for the response head, if it is to carry one. */
  issueId(status: number): string | undefined {
    if (!this.plan.issuesIds || this.excluded || this.issued) return undefined
    if (status < 200 || status > 299 || !this.plan.mayIssueId(this)) return undefined
    this.issued = true
    this.plan.opened(this)
    return this.id
  }

  /** The host has ended its answer; the client may not have all of it yet. */
  answered(facts: AnswerFacts): void {
    if (this.state !== 'open') return
    this.state = 'answered'
    this.answer = facts
    this.duration = Math.round((performance.now() - this.#startedAt) * 1000) / 1000
    if (!this.excluded) this.#charge(facts)
    if (!this.excluded) this.plan.answered(this)
    this.#wake()
  }

  /** The answer is over: all of it is out, or the connection is gone. */
  ended(facts: AnswerFacts, endedAs: Ended): void {
    if (this.state === 'ended') return
    // Set first: whoever waits for the answer is told how it ended.
    if (this.state === 'open') this.endedAs = endedAs
    this.answered(facts)
    this.state = 'ended'
    this.endedAs = endedAs
    if (!this.excluded) this.plan.ended(this)
    this.target = undefined
  }

  /** Resolves when the host has ended its answer or the client has gone. */
  whenAnswered(): Promise<void> {
    return this.state === 'open'
      ? new Promise((resolve) => (this.#waiting ??= []).push(resolve))
      : Promise.resolve()
  }

  /** Leaves the exchange out: nothing of it is kept. */
  exclude(): void {
    this.#isExcluded = true
    this.state = 'ended'
    this.target = undefined
    this.release()
    this.#wake()
  }

  /**
   * Gives the exchange up for a failure of ours, which is reported once: what was missed would be
   * missing from its sample. It never throws, and may be called again.
   */
  abandon(error: unknown): void {
    this.fault ??= error
    try {
      if (this.#isAbandoned) return
      this.exclude()
      this.plan.abandoned(this, this.fault)
      this.#isAbandoned = true
    } catch {
      // Where even that cannot be done: it is tried again when the connection closes.
    }
  }

  /** A part of the request was read before the tap was set. */
  missed(): void {
    this.missedRequest = true
    this.plan.missed(this)
  }

  /** What is held of an exchange beside its bodies counts too: its address is its client's to choose. */
  #charge(facts: AnswerFacts): void {
    const bytes = OVERHEAD + this.facts.url.length + (facts.requestType?.length ?? 0)
    if (this.plan.recorder.budget.takeMemory(bytes)) this.#charged = bytes
    // An id that is out keeps its promise; the number of those is bounded, too.
    else if (!this.issued) {
      this.#isExcluded = true
      this.release()
    }
  }

  get truncated(): boolean {
    const isCut = this.request?.truncated === true || this.response?.truncated === true
    return isCut || (this.state === 'ended' && !this.isRequestWhole)
  }

  /** Keeps what was recorded for as long as this takes, whoever releases it meanwhile. */
  async keptFor<T>(work: () => Promise<T>): Promise<T> {
    this.#users++
    try {
      return await work()
    } finally {
      this.#users--
      try {
        if (this.#isReleased) this.release()
      } catch (error) {
        this.abandon(error)
      }
    }
  }

  /** Lets go of what was recorded. It may be called again. */
  release(): void {
    this.#isReleased = true
    if (this.#users > 0) return
    this.plan.recorder.budget.memory -= this.#charged
    this.#charged = 0
    this.request?.release()
    this.response?.release()
    if (this.left) void this.#releaseLeft(this.left)
  }

  async #releaseLeft(left: Promise<KeptBody | undefined>): Promise<void> {
    try {
      releaseLeft(await left)
      this.left = undefined
    } catch (error) {
      // Once more: what was released by then is released no second time.
      this.abandon(error)
    }
  }

  #wake(): void {
    if (this.#waiting === undefined) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = undefined
  }
}

function releaseLeft(left: KeptBody | undefined): void {
  left?.body?.release()
  for (const { recorder } of left?.files ?? []) recorder.release()
}
