import { clearTimeout, setTimeout } from 'node:timers'
import type { SampleRecord } from '../samples/sample-record.ts'
import { type Sending, nextBatch } from './batch.ts'
import type { Report, Segment } from './segment.ts'
import { verdictOf } from './verdict.ts'

/** Where samples are sent: each is stored once, however often it is sent. */
export interface RecordWriter {
  /** All or nothing; gives for each the number of samples of its dataset behind it. */
  write(records: readonly SampleRecord[]): Promise<readonly number[]>
}

/** What a shipper works with. */
export interface ShipperSettings {
  readonly writer: RecordWriter
  /** Those that are to be sent, oldest first. */
  readonly segments: () => readonly Segment[]
  /** Told of samples that are stored, with what the writer gave. */
  readonly stored: (sendings: readonly Sending[], counts: readonly number[]) => void
  /** Told when nothing waits. */
  readonly idle: () => void
  /** Sets a sample aside that is refused for good; resolves when it is on the disk elsewhere. */
  readonly refuse: (sending: Sending, error: unknown) => Promise<void>
  /** Told, once for each reason, when nothing can be sent for now. */
  readonly failed: Report
}

const MIN_DELAY_MS = 100
const MAX_DELAY_MS = 30_000
/** While somebody waits for it. */
const HURRIED_DELAY_MS = 500
/** So many different reasons are told of until something can be sent again. */
const MAX_REASONS = 4

/** Sends what waits in segments, in its order and for as long as it takes. */
export class Shipper {
  readonly #settings: ShipperSettings
  /** What was read and is not stored yet, in its order. */
  readonly #parts: Sending[][] = []
  #running: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #isWoken = false
  #isStopped = false
  #hurries = 0
  #failures = 0
  #failure: unknown
  readonly #reasons = new Set<string>()

  constructor(settings: ShipperSettings) {
    this.#settings = settings
  }

  /** When the oldest sample was flagged that was read and is not stored; `undefined` if there is none. */
  get oldest(): number | undefined {
    return this.#parts[0]?.[0]?.flaggedAt
  }

  /** What went wrong the last time; `undefined` if nothing did. */
  get failure(): unknown {
    return this.#failure
  }

  /** Says that there may be something to send. What failed is tried again in its own time. */
  wake(): void {
    this.#isWoken = true
    if (this.#running !== undefined || this.#retry !== undefined || this.#isStopped) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#isWoken) this.wake()
    })
  }

  /** Says that somebody waits: it tries at once, and often, until what it gives is called. */
  hurry(): () => void {
    this.#hurries++
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.wake()
    return () => void this.#hurries--
  }

  /** Begins nothing any more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#retry)
    this.#retry = undefined
    await this.#running
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      while (this.#isWoken && !this.#isStopped) {
        this.#isWoken = false
        while (!this.#isStopped && (await this.#step()));
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Sends some of what waits; false if nothing does. */
  async #step(): Promise<boolean> {
    const { segments, writer, stored, idle } = this.#settings
    if (this.#parts.length === 0) this.#put(await nextBatch(segments()))
    const [part] = this.#parts
    if (part === undefined) {
      idle()
      return false
    }
    // What comes next is read meanwhile; if it cannot be, that shows when it is its turn.
    const ahead = this.#parts.length > 1 ? [] : nextBatch(segments()).catch(() => [])
    let counts: readonly number[]
    try {
      counts = await writer.write(part.map(({ record }) => record))
    } catch (error) {
      this.#put(await ahead)
      await this.#judge(part, error)
      return true
    }
    this.#put(await ahead)
    this.#parts.shift()
    this.#failures = 0
    this.#failure = undefined
    this.#reasons.clear()
    stored(part, counts)
    return true
  }

  #put(batch: Sending[]): void {
    if (batch.length > 0) this.#parts.push(batch)
  }

  /** Finds the sample that is at fault, if one is, and sets it aside; else throws the error. */
  async #judge(part: Sending[], error: unknown): Promise<void> {
    const verdict = verdictOf(error)
    if (verdict === 'place') throw error
    const [first] = part
    if (part.length > 1 || first === undefined) {
      const half = Math.ceil(part.length / 2)
      this.#parts.splice(0, 1, part.slice(0, half), part.slice(half))
      return
    }
    if (verdict === 'unknown' && !(await this.#isAnotherStored())) throw error
    await this.#settings.refuse(first, error)
    this.#parts.shift()
  }

  /** Whether a sample behind the first one can be stored. It is sent again when it is its turn. */
  async #isAnotherStored(): Promise<boolean> {
    const others = this.#parts.slice(1).flat()
    const other = others[Math.floor(Math.random() * others.length)]
    if (other === undefined) return false
    try {
      await this.#settings.writer.write([other.record])
      return true
    } catch {
      return false
    }
  }

  #fail(error: unknown): void {
    this.#failure = error
    if (this.#isStopped) return
    const most = this.#hurries > 0 ? HURRIED_DELAY_MS : MAX_DELAY_MS
    const delay = Math.min(MIN_DELAY_MS * 2 ** this.#failures++, most)
    // Many instances lose a server at the same moment.
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined
        this.#isWoken = true
        this.wake()
      },
      delay * (0.5 + Math.random() / 2),
    ).unref()
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#reasons.has(reason) || this.#reasons.size >= MAX_REASONS) return
    this.#reasons.add(reason)
    this.#settings.failed(error)
  }
}
