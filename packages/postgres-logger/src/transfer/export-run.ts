import { join } from 'node:path'
import { FlaggingError } from '@flagging/core'
import { type Mark, addMarks, nodeFileSystem, sweep, unless } from '@flagging/core/store'
import { fileFaultOf, isTransientFileError } from '../files/file-fault.ts'
import type { ExportDesk } from './export-desk.ts'
import type { ExportLog } from './export-log.ts'
import type { ExportPage, ExportRows } from './export-rows.ts'
import type { ExportSample } from './export-sample.ts'
import { filesOf } from './import-batch.ts'
import { patiently } from './patience.ts'
import { samplePrint } from './sample-print.ts'
import type { Tally } from './tally.ts'
import { FoundRows, endsOfLogs, writtenRows } from './written-rows.ts'

/** What an export works with. */
export interface ExportTools {
  readonly dir: string
  readonly desk: ExportDesk
  readonly rows: ExportRows
  readonly log: ExportLog
  readonly tally: Tally
  /** Told of how many samples more are done. */
  readonly reached: (samples: number) => void
}

/** A sample with what tells its row from others. */
interface Printed {
  readonly sample: ExportSample
  readonly print: string
}

/** Writes samples of the database as rows of a directory, batch by batch. */
export class ExportRun {
  readonly #tools: ExportTools

  constructor(tools: ExportTools) {
    this.#tools = tools
  }

  /** @throws FlaggingError where it cannot go on; what is written by then stays */
  async run(): Promise<void> {
    const { desk, rows } = this.#tools
    await this.#resume()
    let next = await rows.after(desk.position)
    while (next !== undefined) {
      const page: ExportPage = next
      const printed = await this.#printed(page)
      await desk.begin({
        to: page.to,
        samples: printed.map(({ sample, print }) => [sample.seq, print]),
        ends: await endsOfLogs(this.#tools.dir),
      })
      // While a batch is written the next one is read.
      const following = rows.after(page.to)
      following.catch(() => undefined)
      await this.#writeBatch(printed, printed)
      next = await following
    }
    await desk.finish()
  }

  /** Goes on with a batch in whose midst somebody died: what of it is there, its rows say. */
  async #resume(): Promise<void> {
    const { dir, desk, rows } = this.#tools
    const { batch } = desk
    if (batch === null) return
    const prints = new Map(batch.samples)
    const page = await rows.of([...prints.keys()])
    for (const { folder, error } of page.leftOut) this.#tell(folder, error)
    const all = page.samples.map((sample): Printed => {
      const record = this.#tools.log.fitted(sample.record)
      return { sample: { ...sample, record }, print: prints.get(sample.seq) ?? '' }
    })
    const found = new FoundRows(await writtenRows(dir, batch.ends))
    const left = all.filter(({ print }) => found.take(print) === undefined)
    await this.#writeBatch(left, all)
    const folders = new Set(all.map(({ sample }) => sample.record.folder))
    for (const name of folders) await this.#sweep(join(dir, name))
  }

  /** Takes away what the one who died has left, now that the end of its log is mended. */
  async #sweep(dir: string): Promise<void> {
    const context = { fs: nodeFileSystem, dir, folder: join(dir, '.flagging'), exclusive: true }
    await unless('ENOENT', sweep(context, 0))
  }

  async #printed({ samples, leftOut }: ExportPage): Promise<Printed[]> {
    for (const { folder, error } of leftOut) this.#tell(folder, error)
    const printed: Printed[] = []
    for (const sample of samples) {
      try {
        const record = this.#tools.log.fitted(sample.record)
        const print = await samplePrint(record, (file) => sample.hashes.get(file) ?? '')
        printed.push({ sample: { ...sample, record }, print })
      } catch (error) {
        if (!(error instanceof FlaggingError)) throw error
        this.#tools.tally.problem('refused', sample.record.folder, error.message)
      }
    }
    return printed
  }

  /** @param all the whole batch, of which some may be written already */
  async #writeBatch(some: readonly Printed[], all: readonly Printed[]): Promise<void> {
    const { desk, log, reached } = this.#tools
    const ways = new Map<string, Printed[]>()
    for (const one of some) {
      const way = log.wayOf(one.sample.record)
      const group = ways.get(way)
      if (group === undefined) ways.set(way, [one])
      else group.push(one)
    }
    const lost = new Set<Printed>()
    for (const group of ways.values()) await this.#writeAll(group, lost)
    await this.#mark(all.filter((one) => !lost.has(one)))
    desk.done(all.length - lost.size)
    reached(all.length)
  }

  /** Writes samples at once; those whose files are out of reach for the moment again, later. */
  async #writeAll(group: readonly Printed[], lost: Set<Printed>): Promise<void> {
    let left = group
    let failure: Error | undefined
    await patiently(async () => {
      const settled = await Promise.allSettled(left.map((one) => this.#write(one)))
      const again: Printed[] = []
      let transient: Error | undefined
      for (const [index, outcome] of settled.entries()) {
        const one = left[index] as Printed
        if (outcome.status === 'fulfilled') continue
        const { error } = one.sample.fault
        if (error !== undefined && fileFaultOf(error).at === 'file') {
          lost.add(one)
          this.#tell(one.sample.record.folder, error)
        } else if (error !== undefined && isTransientFileError(error)) {
          again.push(one)
          transient = error
        } else failure ??= error ?? (outcome.reason as Error)
      }
      // Never again what is written.
      left = again
      if (failure === undefined && transient !== undefined) throw transient
    }, isTransientFileError)
    if (failure !== undefined) throw failure
  }

  async #write({ sample }: Printed): Promise<void> {
    const { log, tally } = this.#tools
    sample.fault.error = undefined
    await log.write(sample.record)
    tally.stored(sample.record.folder, filesOf(sample.record))
  }

  /** What reviewers said of samples is said of their rows. */
  async #mark(all: readonly Printed[]): Promise<void> {
    const { dir, desk } = this.#tools
    if (!all.some(({ sample }) => sample.mark !== undefined)) return
    const found = new FoundRows(await writtenRows(dir, desk.batch?.ends ?? {}))
    const marks = new Map<string, [string, Mark][]>()
    for (const { print, sample } of all) {
      const row = found.take(print)
      if (sample.mark === undefined || row === undefined) continue
      const said = marks.get(row.folder) ?? []
      said.push([await row.hash(), sample.mark])
      marks.set(row.folder, said)
    }
    for (const [folder, said] of marks) await addMarks(nodeFileSystem, join(dir, folder), said)
  }

  #tell(folder: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#tools.tally.problem('bad_file', folder, `A sample is left out: ${why}`)
  }
}
