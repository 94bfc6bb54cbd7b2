import { FlaggingError } from '@flagging/core'
import { isFlaggedFile, isFlaggedFileList } from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { Aside } from './aside.ts'
import type { Sending } from './batch.ts'
import { outboxError, sampleRefused } from './outbox-errors.ts'
import type { Report, Segment } from './segment.ts'
import { type SpoolRow, rowOf } from './spool-row.ts'
import { type SegmentLimits, Spool } from './spool.ts'

/** What refused samples are kept with. */
export interface RefusedSettings {
  readonly aside: Aside
  /** The path of a new segment for them. */
  readonly newSegment: () => Promise<string>
  /** Told of the path of one that is set aside, or could not be made. */
  readonly gone: (dir: string) => void
  readonly limits: SegmentLimits
  /** Told of the bytes of each. */
  readonly kept: (bytes: number) => void
  readonly report: Report
}

/**
 * Keeps the samples that the database refuses for good. They gather in segments like others do, which
 * are set aside as a whole: should this process die before, they are sent, and refused, once more.
 */
export class RefusedSamples {
  readonly #settings: RefusedSettings
  readonly #spool: Spool
  #segments: Segment[] = []
  #count = 0
  #isStuck = false
  #turn: Promise<void> = Promise.resolve()

  constructor(settings: RefusedSettings) {
    const { newSegment, gone, limits, report } = settings
    this.#settings = settings
    const opened = (segment: Segment): void => void this.#segments.push(segment)
    this.#spool = new Spool({ newSegment, abandoned: gone, limits, opened, report })
  }

  /** How many there were. */
  get count(): number {
    return this.#count
  }

  /** Keeps one; resolves when it is on the disk, and rejects where it cannot be kept. */
  keep({ record }: Sending, error: unknown): Promise<void> {
    return this.#inTurn(() => this.#keep(record, error))
  }

  /** Sets aside what there is. Never rejects: what cannot be moved stays for the next time. */
  setAside(): Promise<void> {
    return this.#inTurn(() => this.#setAside())
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #keep(record: SampleRecord, error: unknown): Promise<void> {
    const { aside, kept, report } = this.#settings
    const why = error instanceof Error ? error.message : String(error)
    const row = await add(await this.#spool.of(record), record, why)
    this.#count++
    kept(row.weight)
    report(sampleRefused(record.id, aside.path, error))
  }

  async #setAside(): Promise<void> {
    const { aside, gone, report } = this.#settings
    await this.#spool.seal()
    const left: Segment[] = []
    for (const segment of this.#segments) {
      try {
        await segment.close()
        await aside.take(segment.dir, segment.bytes)
        gone(segment.dir)
      } catch (error) {
        left.push(segment)
        // Once is enough.
        if (!this.#isStuck) report(outboxError(segment.dir, 'cannot be set aside', error))
        this.#isStuck = true
      }
    }
    this.#segments = left
    if (left.length === 0) this.#isStuck = false
  }
}

async function add(segment: Segment, record: SampleRecord, why: string): Promise<SpoolRow> {
  const row = rowOf(record, why)
  try {
    await segment.add(row)
    return row
  } catch (error) {
    // What it was refused for may be that a file of it cannot be read.
    if (!(error instanceof FlaggingError)) throw error
    const rest = rowOf(withoutFiles(record), why)
    await segment.add(rest)
    return rest
  }
}

function withoutFiles(record: SampleRecord): SampleRecord {
  const values = record.values.map((value) =>
    isFlaggedFile(value) || isFlaggedFileList(value) ? null : value,
  )
  return { ...record, values }
}
