import { type StoredSample, nodeFileSystem, readStored, unless } from '@flagging/core/store'
import { verdictOf } from '../outbox/verdict.ts'
import type { SampleWriter } from '../samples/sample-writer.ts'
import { ImportBatch, type ImportRow, filesOf, stepsOf } from './import-batch.ts'
import type { ImportBook, LogPosition } from './import-book.ts'
import { importedId, importedRecord, titleOf } from './imported-record.ts'
import { patiently } from './patience.ts'
import type { ReviewMarks } from './review-marks.ts'
import type { Tally } from './tally.ts'

/** What an import works with. */
export interface ImportTools {
  readonly dir: string
  readonly source: string
  readonly book: ImportBook
  readonly writer: SampleWriter
  readonly marks: ReviewMarks
  readonly tally: Tally
  /** Told where in which log reading has come. */
  readonly reached: (log: string, end: number) => void
}

/** Stores the rows of a directory that are not stored yet, in their order. */
export class ImportRun {
  readonly #tools: ImportTools
  /** Logs of which the last row that was stored is still to be seen. */
  readonly #unseen: Set<string>
  /** Logs that are not what they were. */
  readonly #changed = new Set<string>()
  #batch = new ImportBatch()
  #storing: Promise<void> = Promise.resolve()

  constructor(tools: ImportTools) {
    this.#tools = tools
    this.#unseen = new Set(tools.book.offsets.keys())
  }

  /** @throws FlaggingError where it cannot go on; what is stored by then stays */
  async run(): Promise<void> {
    const { dir, book, tally } = this.#tools
    const onBad = ({ message }: Error, dataset: string | null): void =>
      tally.problem('bad_row', dataset ?? '', message)
    try {
      for await (const sample of readStored(dir, { from: book.offsets, onBad })) {
        await this.#take(sample)
      }
      await this.#store()
    } finally {
      // Nothing is under way any more when this says so.
      await this.#storing.catch(() => undefined)
    }
    await this.#storing
    for (const log of this.#unseen) await this.#tellUnseen(log)
  }

  async #take(sample: StoredSample): Promise<void> {
    const log = titleOf(sample)
    if (this.#changed.has(log)) return
    const id = importedId(this.#tools.source, sample)
    if (this.#unseen.delete(log)) {
      if (this.#tools.book.of(log)?.id !== id) this.#tellChanged(log)
      return
    }
    const { writtenAt } = await this.#position(log)
    this.#batch.add(log, sample, importedRecord(sample, id, writtenAt))
    this.#tellMissing(log, sample)
    this.#tools.reached(log, sample.end)
    if (this.#batch.isFull) await this.#store()
  }

  async #position(log: string): Promise<LogPosition> {
    const { dir, book } = this.#tools
    const known = book.of(log)
    if (known !== undefined) return known
    const stat = await unless('ENOENT', nodeFileSystem.stat(`${dir}/${log}`))
    return patiently(() => book.begin(log, new Date(stat?.mtimeMs ?? Date.now())))
  }

  /** While a batch is stored the next one is read. */
  async #store(): Promise<void> {
    await this.#storing
    const { rows } = this.#batch
    this.#batch = new ImportBatch()
    if (rows.length === 0) return
    this.#storing = this.#storeAll(rows)
    // Whoever waits for it is told.
    this.#storing.catch(() => undefined)
  }

  async #storeAll(rows: readonly ImportRow[]): Promise<void> {
    const { writer, book, marks, tally } = this.#tools
    try {
      const marked = await marks.of(rows)
      await patiently(() =>
        writer.write(
          rows.map(({ record }) => record),
          async (query) => {
            await marked(query)
            await book.note(query, stepsOf(rows))
          },
        ),
      )
      for (const { record } of rows) tally.stored(record.folder, filesOf(record))
    } catch (error) {
      if (verdictOf(error) !== 'sample') throw error
      await this.#storeEach(rows, error)
    }
  }

  /** One of the rows is refused: the others are stored. */
  async #storeEach(rows: readonly ImportRow[], error: unknown): Promise<void> {
    const [first] = rows
    if (rows.length > 1) {
      for (const row of rows) await this.#storeAll([row])
    } else if (first !== undefined) {
      const { folder } = first.record
      const why = error instanceof Error ? error.message : String(error)
      const message = `${first.log} at byte ${first.start} is left out: ${why}`
      this.#tools.tally.problem('refused', folder, message)
    }
  }

  #tellMissing(log: string, { dataset, start, details }: StoredSample): void {
    if (details.missing.length === 0) return
    const labels = details.missing.map((label) => JSON.stringify(label)).join(', ')
    const message = `${log} at byte ${start}: a file of ${labels} is gone; stored without it`
    this.#tools.tally.problem('missing_file', dataset ?? '', message)
  }

  #tellChanged(log: string): void {
    this.#changed.add(log)
    const message =
      `${log} is not what it was at the last import: rows of it were deleted, or it was replaced. ` +
      'Nothing of it was imported. --source NAME imports it all anew, under another name'
    this.#tools.tally.problem('changed_log', log.includes('/') ? folderOf(log) : '', message)
  }

  /** Where not even the last row is found again; a log that is gone altogether has nothing more to give. */
  async #tellUnseen(log: string): Promise<void> {
    const stat = await unless('ENOENT ENOTDIR', nodeFileSystem.stat(`${this.#tools.dir}/${log}`))
    if (stat !== undefined) this.#tellChanged(log)
  }
}

function folderOf(log: string): string {
  return log.slice(0, log.indexOf('/'))
}
