import { createHash } from 'node:crypto'
import type { Component } from '../../src/components.ts'
import type { FlagValue } from '../../src/sample/flag-value.ts'
import { isFlaggedFile, isFlaggedFileList } from '../../src/sample/flag-value.ts'
import type { FlaggingError } from '../../src/errors.ts'
import { CSVLogger, type CSVLoggerOptions } from '../../src/store/csv-logger.ts'
import type { FileSystem } from '../../src/store/file-system.ts'
import { details, typed } from '../csv-logger-support.ts'
import type { DiskImage } from './disk-image.ts'
import type { ModelDisk } from './model-disk.ts'
import type { Removed } from './removals.ts'

export const DIR = '/data/flagged'

/** A kind of sample: where it goes, and what its columns are. The first one holds its key. */
export interface Shape {
  readonly dir: string
  readonly components: Component[]
}

/** The key, a text that may look like a number, any JSON, and a file or several. */
export const WIDE: Shape = {
  dir: DIR,
  components: [
    ...typed('any', 'key'),
    ...typed('text', 'note'),
    ...typed('any', 'data'),
    ...typed('image', 'im'),
  ],
}
/** Another header for the same dataset. */
export const NARROW: Shape = {
  dir: DIR,
  components: [...typed('any', 'key'), ...typed('text', 'note'), ...typed('image', 'Output')],
}

/** The same columns in an endpoint's folder. */
export function endpoint(name: string): Shape {
  return { ...WIDE, dir: `${DIR}/${name}` }
}

/** A sample that was handed to a logger: what it must read back as, by label. */
export interface Sent {
  readonly shape: Shape
  readonly prints: ReadonlyMap<string, Print>
  /** Set when somebody began to remove it: then nobody knows what is left. */
  isRemoved?: boolean
}

/** What a value is compared by. */
export interface Print {
  readonly text: string
  /** Whether it lies in a file of its own. */
  readonly isStored: boolean
}

/** An acknowledgement, and how many changes the disk had seen by then. */
export interface Acknowledgement {
  readonly key: string
  readonly at: number
}

/** What a run did to a disk, and what it was told. */
export class Run {
  /** How its workload's loggers are made. */
  options: CSVLoggerOptions = {}
  readonly base: DiskImage
  readonly disk: ModelDisk
  readonly sent: Map<string, Sent> = new Map()
  acknowledged: Acknowledgement[] = []
  readonly rejected: unknown[] = []
  readonly reports: FlaggingError[] = []
  readonly shapes = new Set<Shape>()
  /** What was deleted, or began to be. */
  readonly removed: Removed[] = []
  readonly #loggers: CSVLogger[] = []

  /** @param before what is sent and acknowledged already */
  constructor(
    disk: ModelDisk,
    before?: {
      sent: ReadonlyMap<string, Sent>
      acknowledged: Iterable<string>
      removed?: readonly Removed[]
      gone?: readonly Removed[]
    },
  ) {
    this.disk = disk
    this.base = disk.image.clone()
    for (const [key, sent] of before?.sent ?? []) this.#remember(key, sent)
    for (const key of before?.acknowledged ?? []) this.acknowledged.push({ key, at: 0 })
    for (const { key, dir, paths, isLeft = false } of before?.removed ?? []) {
      const isGone = before?.gone?.some((one) => one.key === key) === true
      this.removed.push({ key, dir, paths, isLeft, from: -1, ...(isGone ? { until: 0 } : {}) })
    }
  }

  logger(options: CSVLoggerOptions = {}, disk: FileSystem = this.disk): CSVLogger {
    const logger = new CSVLogger(options, disk)
    logger.onError = (error) => this.reports.push(error as FlaggingError)
    this.#loggers.push(logger)
    return logger
  }

  /** Flags a sample; gives its count, or `undefined` if it was rejected. */
  async flag(
    logger: CSVLogger,
    shape: Shape,
    key: string,
    ...values: FlagValue[]
  ): Promise<number | undefined> {
    const all = [key, ...values]
    while (all.length < shape.components.length) all.push(null)
    const prints = new Map<string, Print>()
    for (const [index, { label }] of shape.components.entries()) {
      prints.set(label, await printOf(all[index] ?? null))
    }
    this.#remember(key, { shape, prints })
    const given = details(shape.dir, shape.components)
    try {
      const count = await logger.flag(all, undefined, undefined, given)
      this.acknowledged.push({ key, at: this.disk.mutations.length })
      return count
    } catch (error) {
      this.rejected.push(error)
      return undefined
    }
  }

  /** From now on nothing that was stored need be there. */
  forgetAcknowledged(): void {
    this.acknowledged = []
    for (const sent of this.sent.values()) sent.isRemoved = true
  }

  /** What must be there if the power fails after so many changes. */
  acknowledgedAt(at: number): string[] {
    // Without a sync, only what was there before.
    const until = this.options.fsync === 'none' ? 0 : at
    const doubtful = new Set(this.removed.filter(({ from }) => from < at).map(({ key }) => key))
    return this.acknowledged
      .filter((found) => found.at <= until && !doubtful.has(found.key))
      .map(({ key }) => key)
  }

  /** What must be gone by then. */
  goneAt(at: number): Removed[] {
    return this.removed.filter(({ until }) => until !== undefined && until <= at)
  }

  /** For loggers of processes that are dead: nothing of theirs ever comes to an end. */
  forgetLoggers(): void {
    this.#loggers.splice(0)
  }

  async close(): Promise<void> {
    for (const logger of this.#loggers.splice(0)) await logger.close()
  }

  #remember(key: string, sent: Sent): void {
    if (this.sent.has(key)) throw new Error(`The test sends ${key} twice`)
    this.sent.set(key, sent)
    this.shapes.add(sent.shape)
  }
}

/** What a value is compared by, once its files are read. */
export async function printOf(value: FlagValue): Promise<Print> {
  if (isFlaggedFile(value)) return { text: await fileText(value), isStored: true }
  if (isFlaggedFileList(value)) {
    const texts = await Promise.all(value.map(fileText))
    return { text: texts.join(' '), isStored: true }
  }
  const text = JSON.stringify(value, (_, part: unknown) => (Object.is(part, -0) ? '-0' : part))
  return { text: text.length > 1000 ? sha1(text) : text, isStored: text.length > 100_000 }
}

async function fileText(file: { bytes(): Promise<Uint8Array> }): Promise<string> {
  return `file ${sha1(await file.bytes())}`
}

function sha1(bytes: Uint8Array | string): string {
  return createHash('sha1').update(bytes).digest('hex')
}
