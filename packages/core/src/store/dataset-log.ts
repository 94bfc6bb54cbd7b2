import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FlaggingError } from '../errors.ts'
import { DatasetFiles, WORKING_FOLDER } from './dataset-files.ts'
import { DatasetLock, stuck } from './dataset-lock.ts'
import { errnoOf, unless } from './disk.ts'
import type { FileSystem } from './file-system.ts'
import { HourlySweep } from './hourly-sweep.ts'
import type { LogContext } from './log-file.ts'
import { QuickLooks } from './quick-looks.ts'
import type { SampleRow } from './sample-row.ts'
import { type StoredSize, noteSizes } from './size-ledger.ts'
import { StagedFiles, type StagingContext } from './staged-files.ts'
import { AppendError, removed, storeError } from './store-errors.ts'
import type { Survey } from './survey.ts'

const MAX_ROWS = 1000
const MAX_WEIGHT = 4 * 1024 * 1024
// Node has four threads for all work on files, and the host needs them too.
const STAGED_AT_ONCE = 2
const MAX_WAIT_MS = 2000
const MIN_WAIT_MS = 100
const MAX_PATIENCE_MS = 8000
// What may be read while others wait: some hundredths of a second.
const MAX_UNREAD = 8 * 1024 * 1024
const MAX_ROUNDS = 5
const MAX_GATHER_MS = 10

/** How a dataset is written. */
export interface DatasetOptions {
  readonly fs: FileSystem
  readonly sync: boolean
  /** No lock is taken: this is the only writer. */
  readonly exclusive: boolean
  readonly activeContent: boolean
  readonly report: (error: FlaggingError) => void
}

/** A sample on its way, with what became of it. */
interface Entry {
  readonly row: SampleRow
  /** Absent where the sample is all in its row. */
  readonly files: StagedFiles | undefined
  readonly since: number
  readonly resolve: (count: number) => void
  readonly reject: (error: FlaggingError) => void
  count: number | undefined
  error: unknown
}

/**
 * One dataset: takes samples one by one and stores them in batches. While a batch is on its way to
 * the disk the next one gathers, so that however many wait, they share one lock, one write and one
 * sync.
 */
export class DatasetLog {
  readonly #context: LogContext
  readonly #staging: StagingContext
  readonly #lock: DatasetLock | undefined
  readonly #files: DatasetFiles
  readonly #sweep: HourlySweep
  #queue: Entry[] = []
  #draining: Promise<void> | undefined
  #isOpen = false
  #isStuck = false

  /** @param dir the dataset's folder, absolute; made with the first sample */
  constructor(dir: string, options: DatasetOptions) {
    const { fs, sync, exclusive, report } = options
    const folder = `${dir}/${WORKING_FOLDER}`
    this.#context = { fs, dir, folder, sync, quick: new QuickLooks(), report }
    this.#staging = { ...this.#context, activeContent: options.activeContent }
    this.#lock = exclusive ? undefined : new DatasetLock(fs, this.#context.folder)
    this.#files = new DatasetFiles(this.#context, this.#lock?.path ?? this.#context.folder)
    this.#sweep = new HourlySweep({ ...this.#context, exclusive }, report)
  }

  /** Stores a sample; gives the number of samples of the dataset up to it. */
  append(row: SampleRow): Promise<number> {
    return new Promise((resolve, reject) => {
      const files = row.files.length > 0 ? new StagedFiles(this.#staging, row) : undefined
      const since = performance.now()
      this.#queue.push({ row, files, since, resolve, reject, count: undefined, error: undefined })
      if (this.#draining !== undefined) return
      const draining = this.#drain()
      // Over already if not even the first turn could be waited for.
      if (this.#queue.length > 0) this.#draining = draining
    })
  }

  /** Waits for every sample and closes all files. */
  async close(): Promise<void> {
    await this.#draining
    await this.#sweep.settled()
    await this.#shut()
  }

  /** Never rejects, and settles every sample: whoever waits for one must not wait for ever. */
  async #drain(): Promise<void> {
    do {
      let batch: Entry[] = []
      try {
        await this.#gather()
        batch = this.#takeBatch()
        await this.#store(batch)
      } catch (error) {
        if (batch.length === 0) batch = this.#queue.splice(0)
        for (const entry of batch) entry.error ??= error
      }
      for (const entry of batch) {
        try {
          settle(entry)
        } catch {
          settle(entry)
        }
      }
    } while (this.#queue.length > 0)
    this.#draining = undefined
  }

  /**
   * What else comes in during this turn joins the batch; and what follows in the next ones, while each
   * brings more. A busy host's flags then share the price of a sync, the largest part of theirs; one
   * that has nothing else to wait for waits no longer.
   */
  async #gather(): Promise<void> {
    const until = performance.now() + MAX_GATHER_MS
    let before: number
    do {
      before = this.#queue.length
      await nextTurn()
    } while (
      this.#queue.length > before &&
      this.#queue.length < MAX_ROWS &&
      performance.now() < until
    )
  }

  #takeBatch(): Entry[] {
    let weight = 0
    let rows = 0
    while (rows < this.#queue.length && rows < MAX_ROWS && weight < MAX_WEIGHT) {
      weight += this.#queue[rows]?.row.weight ?? 0
      rows++
    }
    return this.#queue.splice(0, rows)
  }

  /** Stores a batch, or says of each entry why not. Never rejects. */
  async #store(batch: readonly Entry[]): Promise<void> {
    let staged: Entry[] = []
    try {
      staged = batch.filter(({ files }) => files !== undefined)
      await this.#open()
      if (staged.length > 0) await this.#stage([...staged])
      const ready = staged.length > 0 ? batch.filter(({ error }) => error === undefined) : batch
      if (ready.length === 0) return
      const survey = await this.#enter(ready[0]?.since ?? 0)
      try {
        await this.#catchUp(survey)
        for (const group of byLayout(ready)) await this.#commit(group)
      } finally {
        this.#lock?.release()
      }
    } catch (error) {
      for (const entry of batch) entry.error ??= error
    } finally {
      if (staged.length > 0) await Promise.all(staged.flatMap(({ files }) => files?.clear() ?? []))
    }
    this.#sweep.inTime()
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return
    await this.#files.begin()
    await this.#lock?.open()
    this.#isOpen = true
  }

  async #shut(): Promise<void> {
    this.#isOpen = false
    await this.#files.close()
    await this.#lock?.close()
  }

  async #stage(waiting: Entry[]): Promise<void> {
    const { fs, folder } = this.#context
    if ((await unless('ENOENT ENOTDIR', fs.lstat(folder))) === undefined) {
      await this.#shut()
      await this.#open()
    }
    const worker = async (): Promise<void> => {
      for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
        try {
          await entry.files?.stage()
        } catch (error) {
          entry.error = error
        }
      }
    }
    await Promise.all(Array.from({ length: STAGED_AT_ONCE }, worker))
  }

  /** Takes the lock and looks around, until the lock is that of the dataset as it is now. */
  async #enter(since: number): Promise<Survey> {
    for (let round = 1; ; round++) {
      await this.#open()
      await this.#acquire(since)
      let survey: Survey | undefined
      try {
        survey = await this.#files.survey()
      } finally {
        if (survey === undefined) this.#lock?.release()
      }
      const isInPlace = this.#lock?.isAt(survey.guard) ?? survey.guard !== undefined
      if (isInPlace && (round > MAX_ROUNDS || this.#files.unread(survey) <= MAX_UNREAD)) {
        return survey
      }
      this.#lock?.release()
      if (isInPlace) await this.#files.readAhead(survey)
      else if (round > MAX_ROUNDS) throw removed()
      else await this.#shut()
    }
  }

  /** Takes in what was found; looks again if a log was renamed or removed before it was opened. */
  async #catchUp(found: Survey): Promise<void> {
    let survey = found
    for (let round = 1; ; round++) {
      try {
        return await this.#files.catchUp(survey)
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || round > MAX_ROUNDS) throw error
        survey = await this.#files.survey()
      }
    }
  }

  /**
   * Takes the lock. Many neighbours may take their time; but if none of them does anything for a
   * second, after one that was waited before, whoever has it has been stopped.
   */
  async #acquire(since: number): Promise<void> {
    if (this.#lock === undefined) return
    const start = performance.now()
    // What waited behind a stuck batch has had its time.
    const left = this.#isStuck ? Math.max(since + MAX_WAIT_MS - start, MIN_WAIT_MS) : MAX_WAIT_MS
    let seen = ''
    while (!(await this.#lock.acquire(performance.now() + left / 2))) {
      const found = JSON.stringify([...(await this.#files.survey()).logs])
      this.#isStuck = found === seen || performance.now() - start > MAX_PATIENCE_MS
      if (this.#isStuck) throw stuck()
      seen = found
    }
    this.#isStuck = false
  }

  /** Stores samples of one layout; those that fail by their own fault fail alone. */
  async #commit(group: readonly Entry[]): Promise<void> {
    const { fs, dir, folder, sync } = this.#context
    const placed: Entry[] = []
    const folders = new Set<string>()
    const sizes: StoredSize[] = []
    let next = this.#files.next
    try {
      for (const entry of group) {
        const number = entry.files ? await this.#place(entry, next, folders) : next
        if (number === undefined) continue
        next = number + 1
        placed.push(entry)
        if (entry.files) sizes.push(...entry.files.sizes(number))
      }
      const [first] = placed
      if (first === undefined) return
      if (sync) {
        for (const name of folders) await fs.syncDirectory(`${dir}/${name}`)
      }
      if (sizes.length > 0) await noteSizes(fs, folder, sizes)
      const { layout } = first.row
      const rows = placed.map(({ row }) => row.cells)
      await this.#files.append(this.#files.logFor(layout), layout, rows, next)
      const before = this.#files.samples - placed.length
      for (const [index, entry] of placed.entries()) entry.count = before + index + 1
    } catch (error) {
      // Rows that could not be cut off again may still be read: then their files must stay.
      const isGone = !(error instanceof AppendError) || error.cut
      for (const { files } of placed) await (isGone ? files?.displace() : files?.leave())
      const cause = error instanceof AppendError ? error.cause : error
      for (const entry of group) entry.error ??= cause
    }
  }

  async #place(entry: Entry, next: number, folders: Set<string>): Promise<number | undefined> {
    try {
      for (const folder of entry.files?.folders ?? []) {
        if (!folders.has(folder)) await this.#files.useFolder(folder)
        folders.add(folder)
      }
      return await entry.files?.place(next)
    } catch (error) {
      entry.error = error
      return undefined
    }
  }
}

function settle({ count, error, resolve, reject }: Entry): void {
  if (count === undefined) reject(storeError(error))
  else resolve(count)
}

function byLayout(entries: readonly Entry[]): Iterable<Entry[]> {
  const groups = new Map<object, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.row.layout)
    if (group === undefined) groups.set(entry.row.layout, [entry])
    else group.push(entry)
  }
  return groups.values()
}
