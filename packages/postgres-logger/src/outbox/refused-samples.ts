import { FlaggingError } from '@flagging/core'
import { isFlaggedFile, isFlaggedFileList } from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { Sending } from './batch.ts'
import { sampleRefused } from './outbox-errors.ts'
import type { Report, Segment } from './segment.ts'
import { type SpoolRow, rowOf } from './spool-row.ts'
import { type SegmentLimits, Spool } from './spool.ts'

/** What refused samples are kept with. */
export interface RefusedSettings {
  /** The path of a new segment for them. */
  readonly newSegment: () => Promise<string>
  readonly limits: SegmentLimits
  /** Told of the bytes of each. */
  readonly kept: (bytes: number) => void
  readonly report: Report
}

/** Keeps the samples that the database refuses for good, in segments that can be sent again. */
export class RefusedSamples {
  readonly #settings: RefusedSettings
  readonly #spool: Spool
  readonly #segments: Segment[] = []
  #count = 0

  constructor(settings: RefusedSettings) {
    const { newSegment, limits, report } = settings
    this.#settings = settings
    const opened = (segment: Segment): void => void this.#segments.push(segment)
    const abandoned = (): void => undefined
    this.#spool = new Spool({ newSegment, abandoned, limits, opened, report })
  }

  /** How many there were. */
  get count(): number {
    return this.#count
  }

  /** Keeps one; resolves when it is on the disk, and rejects where it cannot be kept. */
  async keep({ record }: Sending, error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error)
    const segment = await this.#spool.of(record)
    const row = await add(segment, record, why)
    this.#count++
    this.#settings.kept(row.weight)
    this.#settings.report(sampleRefused(record.id, segment.dir, error))
  }

  /** Closes all files. */
  async close(): Promise<void> {
    await this.#spool.seal()
    await Promise.all(this.#segments.splice(0).map((segment) => segment.close()))
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
