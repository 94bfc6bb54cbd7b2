import { setTimeout } from 'node:timers'
import { callbackHost } from './callback-host.ts'
import { Budget } from '../capture/budget.ts'
import { Decoder } from '../capture/decoder.ts'
import type { Exchange } from '../capture/exchange.ts'
import { HeldInteractions } from '../capture/held-interactions.ts'
import type { RecorderContext } from '../capture/recorder.ts'
import { caught } from '../caught.ts'
import { FlaggingError } from '../errors.ts'
import { FlagBook } from './flag-book.ts'
import type { FlaggingStats } from '../flagging.ts'
import { Outlet } from './outlet.ts'
import { Places } from './places.ts'
import type { MountedPlan } from './plan.ts'
import { Queue } from './queue.ts'
import { Reviewing } from './reviewing.ts'
import { OPTIONAL_COLUMNS } from '../log-columns.ts'
import { Datasets } from '../sample/datasets.ts'
import type { Settings } from '../options/settings.ts'
import { tooLate, withDeadline } from '../store/callback-gate.ts'
import { DiskGuard } from '../store/disk-guard.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'

/** Spilled bodies at a time, of all that run, wait or are held: each has a descriptor. */
const SPILL_FILES = 256
/** How long `flush` waits for an answer that the host has ended and the client still takes in. */
const ANSWERED_MS = 1000

/** One flagging at work: decides what becomes of each exchange. */
export class Hall {
  readonly settings: Settings
  readonly outlet: Outlet
  readonly held: HeldInteractions
  readonly decoder: Decoder = new Decoder()
  readonly datasets: Datasets
  readonly recorder: RecorderContext
  readonly book: FlagBook
  readonly review: Reviewing
  /** Whether it has seen a Node socket: from then on a request without one is the app's call of itself. */
  isOnSockets = false
  readonly #budget: Budget
  readonly #queue: Queue
  readonly #places: Places
  readonly #answering = new Set<Exchange>()
  /** The failures that exchanges were given up for: flags of theirs are rejected with them. */
  readonly #told = new WeakSet<object>()
  #stored = 0
  #failed = 0
  #hasHeld = false
  #closed = false
  #closing: Promise<void> | undefined

  constructor(settings: Settings) {
    this.settings = settings
    const { limits, dir, makeCallback, sharedCallback } = settings
    const onError = (error: unknown) => this.report(error)
    this.#budget = new Budget({
      memory: limits.heldBytes,
      spill: limits.spillBytes,
      spillFiles: SPILL_FILES,
    })
    this.held = new HeldInteractions(limits.held, limits.heldSeconds, onError)
    this.#budget.relieve = () => this.held.evictOldest()
    this.recorder = {
      budget: this.#budget,
      bodyBytes: limits.bodyBytes,
      interactionBytes: limits.interactionBytes,
      openSpill: () => nodeFileSystem.openUnnamed(),
      onError,
    }
    const active = [settings.hasOptions, settings.username, settings.comment, settings.correction]
    this.datasets = new Datasets({
      dir,
      makeCallback,
      isShared: sharedCallback !== undefined,
      host: callbackHost(this),
      reserved: OPTIONAL_COLUMNS.filter((_, index) => Boolean(active[index])),
      limits,
      onError,
    })
    const guard = new DiskGuard(nodeFileSystem, dir, limits)
    this.outlet = new Outlet({
      settings,
      datasets: this.datasets,
      decoder: this.decoder,
      guard,
      onError,
    })
    this.#queue = new Queue({
      limits,
      store: (exchange) => this.#log(exchange),
      stored: () => this.#stored++,
      failed: (exchange, error) => this.#notLogged(exchange, error),
      onError,
    })
    this.#places = new Places(limits, onError)
    this.book = new FlagBook(limits.heldSeconds, onError)
    this.review = new Reviewing(settings, this.datasets)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Hands a failure to `onError`, whose own failures end here. */
  report(error: unknown): void {
    if (this.#told.has(error as object)) return
    // Whoever reports failures is not asked to report this one.
    const swallow = () => undefined
    try {
      caught(this.settings.onError(error), swallow)
    } catch {
      swallow()
    }
  }

  /**
   * Stores a sample by hand, once there is a place for it, and counts it; `undefined` is a refusal,
   * which counts for nothing.
   * @param bytes what it holds until it is stored
   */
  async counted<Count extends number | undefined>(
    bytes: number,
    store: () => Promise<Count> | Count,
  ): Promise<Count> {
    this.checkOpen()
    return this.#places.hold(bytes, async () => {
      try {
        const count = await store()
        if (count !== undefined) this.#stored++
        return count
      } catch (error) {
        this.#failed++
        throw error
      }
    })
  }

  /** The name that the host's authentication knows, or `null`; a failure is reported. */
  async username(target: object): Promise<string | null> {
    try {
      const name = await this.settings.username?.(target)
      return typeof name === 'string' && name !== '' ? name : null
    } catch (error) {
      this.report(error)
      return null
    }
  }

  stats(): FlaggingStats {
    return {
      pending: this.#queue.pending + this.#answering.size + this.#places.pending,
      stored: this.#stored,
      failed: this.#failed,
      dropped: this.#queue.dropped,
      held: this.held.size,
      memoryBytes: this.#budget.memory,
      spillBytes: this.#budget.spill,
    }
  }

  async flush(): Promise<void> {
    const until = Date.now() + ANSWERED_MS
    while (this.#answering.size > 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const exchange of this.#answering) {
      if (exchange.answer) exchange.ended(exchange.answer, 'complete')
    }
    const settled = Promise.all([this.#queue.idle(), this.book.settled()])
    // A backlog may take long; a callback that settles nothing in a whole deadline never will.
    for (let before = -1; before !== this.#settledCount;) {
      before = this.#settledCount
      const left = await withDeadline(settled, () => 'left' as const)
      if (left !== 'left') return
    }
    tooLate()
  }

  get #settledCount(): number {
    return this.#stored + this.#failed
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    try {
      await this.flush()
    } finally {
      this.held.close()
      await this.decoder.close()
      await this.datasets.close()
    }
  }

  /** Holds an interaction whose id goes out; who passes flags hears of the first. */
  hold(exchange: Exchange): void {
    this.held.add(exchange)
    if (this.#hasHeld) return
    this.#hasHeld = true
    try {
      this.settings.sharedCallback?.elsewhere?.holding?.()
    } catch (error) {
      this.report(error)
    }
  }

  /** The host has ended its answer: from now on it may be flagged. */
  answered(exchange: Exchange): void {
    const { mode } = this.settings
    if (this.settings.username && exchange.target) {
      this.book.setMaker(exchange, this.username(exchange.target))
    }
    if (mode === 'manual') this.held.ended(exchange)
    else this.#answering.add(exchange)
  }

  /** The answer is over: it is logged, held on to, or let go. */
  ended(exchange: Exchange): void {
    const { mode, sampleRate } = this.settings
    this.#answering.delete(exchange)
    if (mode === 'manual') {
      exchange.request?.seal()
      exchange.response?.seal()
      if (!exchange.issued) exchange.release()
      return
    }
    const logs =
      !this.book.has(exchange) &&
      (sampleRate === 1 || Math.random() < sampleRate) &&
      this.#mayBeLogged(exchange)
    if (logs) this.#queue.add(exchange)
    else exchange.release()
  }

  /** A failure of ours has ended what was to become of it: nothing waits for it any longer. */
  abandoned(exchange: Exchange, fault: unknown): void {
    this.#answering.delete(exchange)
    this.held.forget(exchange)
    this.#failed++
    this.report(fault)
    if (typeof fault === 'object' && fault !== null) this.#told.add(fault)
  }

  /** What can be refused before anything is decoded; a `when` of the host's sees everything. */
  #mayBeLogged(exchange: Exchange): boolean {
    const status = exchange.answer?.status ?? 0
    if (this.planOf(exchange)?.when) return true
    return status >= 200 && status <= 299 && exchange.endedAs === 'complete'
  }

  #log(exchange: Exchange): Promise<number | undefined> | undefined {
    const plan = this.planOf(exchange) as MountedPlan
    const asked = this.book.maker(exchange)
    if (asked === undefined) {
      return this.outlet.store({ exchange, plan, flag: undefined, username: null })
    }
    return asked.then((username) =>
      this.outlet.store({ exchange, plan, flag: undefined, username }),
    )
  }

  #notLogged(exchange: Exchange, error: unknown): void {
    // What it was given up for has been counted and told.
    if (error === exchange.fault) return
    this.#failed++
    this.report(error)
  }

  /** The plan of an exchange that this flagging decides about. */
  planOf(exchange: Exchange): MountedPlan | undefined {
    const plan = exchange.plan as MountedPlan
    return plan.owner === this ? plan : undefined
  }

  /** Throws what every flag is refused with in `never` mode and after `close`. */
  checkOpen(): void {
    if (this.settings.mode === 'never') {
      throw new FlaggingError(
        'ERR_FLAGGING_MODE_NEVER',
        "In mode 'never' nothing is captured and nothing can be flagged.",
      )
    }
    if (this.#closed) {
      throw new FlaggingError('ERR_FLAGGING_CLOSED', 'This flagging has been closed.')
    }
  }
}
