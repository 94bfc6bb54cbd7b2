import { basename } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import type { SampleRecord } from '../samples/sample-record.ts'
import { Aside } from './aside.ts'
import type { Sending } from './batch.ts'
import { DatasetCounts } from './dataset-counts.ts'
import { within } from './deadline.ts'
import {
  type OutboxSettings,
  type OutboxStats,
  type OutboxTiming,
  TIMING,
} from './outbox-settings.ts'
import { notShipped, outboxClosed, outboxError, shippingFails } from './outbox-errors.ts'
import { RefusedSamples } from './refused-samples.ts'
import { Room } from './room.ts'
import { SegmentList } from './segment-list.ts'
import type { Segment } from './segment.ts'
import { Shipper } from './shipper.ts'
import { rowOf } from './spool-row.ts'
import { Spool } from './spool.ts'
import { Upkeep } from './upkeep.ts'

const MAX_LOG = 8 * 1024 * 1024
const MAX_SEGMENT = 64 * 1024 * 1024
/** How long `close` waits for what is under way when it gives up. */
const LEAVE_MS = 1000
/** Of all bytes that it may take, one of so many parts. */
const SEGMENTS = 8

/**
 * Samples on their way into the database. One is acknowledged when it is on the local disk, as safe
 * there as in a `CSVLogger`'s log; what carries it on works in the background, in order, for as long as
 * it takes, in this process or in the next one.
 */
export class Outbox {
  readonly #settings: OutboxSettings
  readonly #timing: OutboxTiming
  readonly #list = new SegmentList()
  readonly #counts = new DatasetCounts()
  readonly #room: Room
  readonly #upkeep: Upkeep
  readonly #spool: Spool
  readonly #refused: RefusedSamples
  readonly #shipper: Shipper
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  #shipped = 0
  /** When the first sample came of those that wait; 0 where none does. */
  #waitingSince = 0

  constructor(settings: OutboxSettings, timing: OutboxTiming = TIMING) {
    const { dir, destination, maxBytes, alarmBytes, writer, onError: report } = settings
    this.#settings = settings
    this.#timing = timing
    const list = this.#list
    const room = (this.#room = new Room(maxBytes, alarmBytes, report))
    const part = maxBytes / SEGMENTS
    const limits = { rowBytes: Math.min(MAX_LOG, part), bytes: Math.min(MAX_SEGMENT, part) }
    const wake = (): void => this.#shipper.wake()
    const { idleMs } = timing
    const aside = new Aside(dir, destination, room)
    this.#upkeep = new Upkeep({ dir, destination, aside, list, room, idleMs, wake, report })
    const { quarters } = this.#upkeep
    const opened = (segment: Segment): void => list.add(segment)
    const newSegment = (): Promise<string> => quarters.newSegment()
    const gone = (path: string): void => quarters.forget(basename(path))
    this.#spool = new Spool({ newSegment, abandoned: gone, opened, limits, report })
    const kept = (bytes: number): void => room.add(bytes)
    this.#refused = new RefusedSamples({ aside, newSegment, gone, kept, limits, report })
    this.#shipper = new Shipper({
      writer,
      segments: () => list.all,
      stored: (sendings, counts) => this.#stored(sendings, counts),
      idle: () => this.#idle(),
      refuse: (sending, error) => this.#refuse(sending, error),
      failed: (error) => report(shippingFails(list.waiting, error)),
    })
  }

  /** Begins to look for what other processes have left. Keeps no process alive. */
  start(): void {
    if (this.#timer !== undefined || this.#closing !== undefined) return
    this.#timer = setInterval(() => this.#tick(), this.#timing.scanMs).unref()
    this.#upkeep.begin()
  }

  /**
   * Takes a sample; gives the number of samples of its dataset, as far as that is known here, once the
   * sample is on the disk.
   * @throws FlaggingError `ERR_FLAGGING_DISK_FULL` while the outbox is full; `ERR_FLAGGING_STORE` or
   * `ERR_FLAGGING_LOCK` where its disk cannot be used; `ERR_FLAGGING_CLOSED`
   */
  async add(record: SampleRecord): Promise<number> {
    if (this.#closing !== undefined) throw outboxClosed()
    this.start()
    const row = rowOf(record)
    const refusal = this.#room.take(row.weight)
    if (refusal !== undefined) {
      this.#upkeep.tidy()
      throw refusal
    }
    try {
      const segment = this.#spool.of(record)
      const more = await (segment instanceof Promise
        ? segment.then((made) => made.add(row))
        : segment.add(row))
      return this.#acknowledged(record.folder, more)
    } catch (error) {
      this.#room.give(row.weight)
      // Its segment may have waited for this alone.
      this.#upkeep.tidy()
      throw outboxError(this.#settings.dir, 'cannot be written', error)
    }
  }

  /**
   * Resolves when all that was acknowledged before is in the database, and nothing of it on this disk.
   * @param ms how long it waits; default 10 seconds
   * @throws FlaggingError `ERR_FLAGGING_STORE` if that was not long enough
   */
  async shipped(ms: number = this.#timing.patienceMs): Promise<void> {
    await this.#spool.seal()
    const calm = this.#shipper.hurry()
    try {
      if (await within(ms, this.#emptied())) return
      throw notShipped(this.#list.waiting, this.#shipper.failure)
    } finally {
      calm()
    }
  }

  /** What waits, and what became of the rest. */
  stats(): OutboxStats {
    const segments = this.#list.all
    const { waiting } = this.#list
    // A clock may be set back.
    const oldestMs = Math.max(0, Date.now() - (this.#shipper.oldest ?? this.#waitingSince))
    return {
      waiting,
      waitingBytes: segments.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0),
      usedBytes: this.#room.used,
      oldestMs: waiting === 0 ? 0 : oldestMs,
      shipped: this.#shipped,
      refused: this.#refused.count,
      isStalled: this.#shipper.failure !== undefined,
    }
  }

  /** Takes no more samples, sends for ten seconds at the most, and leaves the rest to the next process. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    const calm = this.#shipper.hurry()
    await within(this.#timing.patienceMs, this.#finish())
    calm()
    // A disk or a server that hangs must not hold up the end of the process.
    await within(LEAVE_MS, this.#leave())
  }

  /** Nobody else may have the folder before nothing is done in it any more. */
  async #leave(): Promise<void> {
    await this.#shipper.stop()
    await this.#spool.seal()
    await this.#upkeep.stop()
    await this.#refused.setAside()
    await Promise.allSettled(this.#list.all.map((segment) => segment.close()))
    await this.#upkeep.quarters.release()
  }

  async #finish(): Promise<void> {
    await this.#upkeep.retire()
    await this.#spool.seal()
    await this.#emptied()
  }

  async #emptied(): Promise<void> {
    const emptied = this.#list.emptied()
    this.#upkeep.tidy()
    await emptied
    await this.#refused.setAside()
  }

  #acknowledged(folder: string, samples: number): number {
    if (this.#waitingSince === 0) this.#waitingSince = Date.now()
    this.#shipper.wake()
    return this.#counts.acknowledged(folder, samples)
  }

  #stored(sendings: readonly Sending[], counts: readonly number[]): void {
    for (let at = 0; at < sendings.length;) {
      const { segment } = sendings[at] as Sending
      let end = at + 1
      while (sendings[end]?.segment === segment) end++
      this.#counts.stored(segment.about.folder, counts[end - 1] ?? 0)
      this.#settle(sendings[end - 1] as Sending, end - at)
      at = end
    }
    this.#shipped += sendings.length
    this.#upkeep.tidy()
  }

  async #refuse(sending: Sending, error: unknown): Promise<void> {
    await this.#refused.keep(sending, error)
    this.#settle(sending, 1)
    this.#upkeep.tidy()
  }

  /** Samples of a segment, up to this one, need not be sent any more. */
  #settle({ segment, progress }: Sending, count: number): void {
    segment.settle(count, progress)
    if (!segment.isFound) this.#counts.left(segment.about.folder, count)
  }

  #tick(): void {
    void this.#refused.setAside()
    this.#upkeep.tick()
  }

  #idle(): void {
    if (this.#list.waiting === 0) this.#waitingSince = 0
    void this.#refused.setAside()
    this.#upkeep.tidy()
  }
}
