import type { FlagValue, FlaggedFile } from '@flagging/core'
import { Turns, isFlaggedFile, isFlaggedFileList } from '@flagging/core/store'
import { FileContent } from '../files/file-content.ts'
import { isTransientFileError } from '../files/file-fault.ts'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { Aside } from './aside.ts'
import type { Sending } from './batch.ts'
import { deleteSegment } from './end-segment.ts'
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
  readonly #turns = new Turns()

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
    return this.#turns.run(() => this.#keep(record, error))
  }

  /** Sets aside what there is. Never rejects: what cannot be moved stays for the next time. */
  setAside(): Promise<void> {
    return this.#turns.run(() => this.#setAside())
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
        // On a full disk there may be nothing in it.
        if (segment.waiting === 0) await deleteSegment(segment.dir)
        else await aside.take(segment.dir, segment.bytes)
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
    const rest = await withoutUnreadable(record)
    if (rest === undefined) throw error
    const left = rowOf(rest, why)
    await segment.add(left)
    return left
  }
}

/** The sample without those of its files that nobody will ever read; `undefined` if it has none. */
async function withoutUnreadable(record: SampleRecord): Promise<SampleRecord | undefined> {
  let isLess = false
  const values: FlagValue[] = []
  for (const value of record.values) {
    const files = isFlaggedFile(value) ? [value] : isFlaggedFileList(value) ? value : []
    const left: FlaggedFile[] = []
    for (const file of files) if (await isReadable(file)) left.push(file)
    if (left.length === files.length) values.push(value)
    else values.push(left.length > 0 ? left : null)
    isLess ||= left.length < files.length
  }
  return isLess ? { ...record, values } : undefined
}

/** Rejects where that may be otherwise the next time. */
async function isReadable(file: FlaggedFile): Promise<boolean> {
  const content = new FileContent(file)
  try {
    for await (const _ of content.chunks());
    return true
  } catch (error) {
    if (isTransientFileError(error)) throw error
    return false
  }
}
