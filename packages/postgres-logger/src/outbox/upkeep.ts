import type { Aside } from './aside.ts'
import { endSegment } from './end-segment.ts'
import { outboxError } from './outbox-errors.ts'
import { Quarters } from './quarters.ts'
import type { Room } from './room.ts'
import type { SegmentList } from './segment-list.ts'
import type { Report, Segment } from './segment.ts'

/** What is looked after, and how. */
export interface UpkeepSettings {
  /** The outbox: an absolute path. */
  readonly dir: string
  readonly destination: string
  readonly aside: Aside
  readonly list: SegmentList
  readonly room: Room
  /** How long a segment of which all is sent may lie there, should more samples come. */
  readonly idleMs: number
  /** Told when there is more to be sent. */
  readonly wake: () => void
  readonly report: Report
}

const UNREADABLE = 'cannot be read'

/** Sees to the folders of an outbox: finds what others have left, and deletes what was sent. */
export class Upkeep {
  readonly quarters: Quarters
  readonly #settings: UpkeepSettings
  readonly #ending = new Set<Segment>()
  #ends: Promise<void> = Promise.resolve()
  #scanning: Promise<void> | undefined
  #isUnreadable = false
  #isStopped = false

  constructor(settings: UpkeepSettings) {
    const { dir, destination, aside, report } = settings
    this.#settings = settings
    this.quarters = new Quarters({
      dir,
      destination,
      aside,
      found: (segment) => this.#found(segment),
      report,
    })
  }

  /** Looks around for the first time. */
  begin(): void {
    this.#scanning = this.#scan()
  }

  /** Does what is done now and then. */
  tick(): void {
    const before = Date.now() - this.#settings.idleMs
    for (const segment of this.#settings.list.all) {
      if (segment.isSent && segment.taken > 0 && segment.usedAt < before) segment.seal()
    }
    this.tidy()
    this.#scanning ??= this.#scan()
  }

  /** Ends the segments of which all is sent; those that may take more only where room is scarce. */
  tidy(): void {
    if (this.#isStopped) return
    const { list, room } = this.#settings
    for (const segment of list.all) {
      if (this.#ending.has(segment) || !segment.isSent) continue
      if (!segment.isSealed && (segment.taken === 0 || !room.isScarce)) continue
      segment.seal()
      this.#ending.add(segment)
      this.#ends = this.#ends.then(() => this.#end(segment))
    }
  }

  /** Takes nothing over any more; resolves when it no longer does. */
  async retire(): Promise<void> {
    this.quarters.retire()
    await this.#scanning
  }

  /** Deletes nothing any more; resolves when nothing is being deleted or taken over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#scanning
    await this.#ends
  }

  /** Never rejects. One that cannot be deleted is found again with the next scan. */
  async #end(segment: Segment): Promise<void> {
    const { aside, report, room, list } = this.#settings
    let isKept = false
    try {
      isKept = await endSegment(segment, aside, report)
    } catch (error) {
      report(outboxError(segment.dir, 'cannot be deleted', error))
    }
    this.quarters.forget(segment.name)
    this.#ending.delete(segment)
    if (!isKept) room.give(segment.bytes)
    list.remove(segment)
  }

  #found(segment: Segment): void {
    this.#settings.list.add(segment)
    this.#settings.room.add(segment.bytes)
    this.#settings.wake()
  }

  /** Never rejects. */
  async #scan(): Promise<void> {
    const { dir, aside, report } = this.#settings
    const looks = [() => aside.measure(), () => this.quarters.scan()]
    let isUnreadable = false
    for (const look of looks) {
      await look().catch((error) => {
        // Once is enough.
        if (!this.#isUnreadable) report(outboxError(dir, UNREADABLE, error))
        isUnreadable = true
      })
    }
    this.#isUnreadable = isUnreadable
    this.#scanning = undefined
  }
}
