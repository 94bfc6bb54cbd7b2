import type { Component } from '@flagging/core'
import type { SampleRecord } from '../samples/sample-record.ts'
import { type Report, Segment } from './segment.ts'

/** Segments that take samples at once: one for each list of components that is in use. */
const MAX_OPEN = 64
const MAX_ROWS = 10_000

/** How much a segment takes before the next is begun. */
export interface SegmentLimits {
  /** Bytes of its log. */
  readonly rowBytes: number
  /** Bytes with its files. */
  readonly bytes: number
}

/** Where and how segments are made. */
export interface SpoolSettings {
  /** The path of a new one, in a folder that is there. */
  readonly newSegment: () => Promise<string>
  /** Told of a path at which none could be made. */
  readonly abandoned: (dir: string) => void
  readonly limits: SegmentLimits
  /** Told of each that is made, before anything is in it. */
  readonly opened: (segment: Segment) => void
  readonly report: Report
}

/** The segments that samples are written to. */
export class Spool {
  readonly #settings: SpoolSettings
  readonly #open = new Map<string, Segment>()
  readonly #opening = new Map<string, Promise<Segment>>()
  readonly #keys = new WeakMap<readonly Component[], string>()

  constructor(settings: SpoolSettings) {
    this.#settings = settings
  }

  /** The segment for a sample; a promise where one has to be made first. */
  of({ folder, components }: SampleRecord): Segment | Promise<Segment> {
    const key = `${this.#keyOf(components)}${folder}`
    const segment = this.#open.get(key)
    if (segment !== undefined && !segment.isSealed) {
      if (!this.#isFull(segment)) return segment
      segment.seal()
    }
    let opening = this.#opening.get(key)
    if (opening === undefined) {
      opening = this.#begin(key, folder, components).finally(() => this.#opening.delete(key))
      this.#opening.set(key, opening)
    }
    return opening
  }

  /** Has no segment take any more; what is on its way into them arrives. */
  async seal(): Promise<void> {
    await Promise.allSettled(this.#opening.values())
    for (const segment of this.#open.values()) segment.seal()
    this.#open.clear()
  }

  #isFull({ taken, rowBytes, bytes }: Segment): boolean {
    const { limits } = this.#settings
    return taken >= MAX_ROWS || rowBytes >= limits.rowBytes || bytes >= limits.bytes
  }

  async #begin(key: string, folder: string, components: readonly Component[]): Promise<Segment> {
    const { newSegment, abandoned, opened, report } = this.#settings
    const dir = await newSegment()
    const segment = await Segment.create(dir, { folder, components }, report).catch((error) => {
      abandoned(dir)
      throw error
    })
    opened(segment)
    this.#open.delete(key)
    const [oldest] = this.#open.size >= MAX_OPEN ? this.#open : []
    if (oldest !== undefined) {
      oldest[1].seal()
      this.#open.delete(oldest[0])
    }
    this.#open.set(key, segment)
    return segment
  }

  #keyOf(components: readonly Component[]): string {
    let key = this.#keys.get(components)
    if (key === undefined) {
      key = JSON.stringify(
        components.map(({ label, type, role, from }) => [label, type, role, from]),
      )
      this.#keys.set(components, key)
    }
    return key
  }
}
