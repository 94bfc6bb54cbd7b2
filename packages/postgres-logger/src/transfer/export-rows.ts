import type { Database } from '../database/database.ts'
import { fileFaultOf, isTransientFileError } from '../files/file-fault.ts'
import type { FileStore } from '../files/file-store.ts'
import {
  DATASET_COLUMNS,
  ROW_COLUMNS,
  type StoredDataset,
  type StoredRow,
} from '../samples/stored-row.ts'
import { PATIENCE } from './export-columns.ts'
import { type ExportFilter, samplesWhere } from './export-filter.ts'
import { type ExportSample, SMALL, exportSample } from './export-sample.ts'
import { patiently } from './patience.ts'

const MAX_ROWS = 500
/** Bytes of rows as they are stored, which may be compressed, and of what is fetched with them. */
const MAX_BYTES = 8 * 1024 * 1024
const AT_ONCE = 16

/** A sample that cannot be exported, and why. */
interface LeftOut {
  readonly folder: string
  readonly error: unknown
}

/** The next samples, in the order in which they were stored. */
export interface ExportPage {
  /** The number behind which nothing of it is left. */
  readonly to: number
  readonly samples: readonly ExportSample[]
  readonly leftOut: readonly LeftOut[]
}

/** Reads samples out of the database, page by page. */
export class ExportRows {
  readonly #database: Database
  readonly #files: FileStore
  readonly #filter: ExportFilter
  readonly #bound: number
  readonly #datasets: ReadonlyMap<number, StoredDataset>

  private constructor(
    database: Database,
    files: FileStore,
    filter: ExportFilter,
    bound: number,
    datasets: readonly StoredDataset[],
  ) {
    this.#database = database
    this.#files = files
    this.#filter = filter
    this.#bound = bound
    this.#datasets = new Map(datasets.map((dataset) => [dataset.id, dataset]))
  }

  /** @param bound the number of the last sample; its dataset is known by then */
  static async upTo(
    bound: number,
    database: Database,
    files: FileStore,
    filter: ExportFilter,
  ): Promise<ExportRows> {
    const datasets = await database.query<StoredDataset>(
      `select ${DATASET_COLUMNS} from ${database.schema}.datasets`,
    )
    return new ExportRows(database, files, filter, bound, datasets)
  }

  /** The samples behind a number; `undefined` where there are no more. */
  async after(from: number): Promise<ExportPage | undefined> {
    const { schema } = this.#database
    const { where, values } = samplesWhere(this.#filter, schema, from, this.#bound)
    const sizes = await patiently(() =>
      this.#database.query<{ seq: number; size: number }>(
        `select seq, pg_column_size(inputs) + pg_column_size(outputs)
            + coalesce(pg_column_size(exact), 0) + coalesce(fetched.bytes, 0) as size
          from ${schema}.samples left join lateral (
            select sum((file->>'size')::bigint)::bigint as bytes
            from jsonb_path_query(files, '$.*[*] ? (exists(@.spilled) || @.size <= ${SMALL})') as file
          ) as fetched on true
          where ${where} order by seq limit ${MAX_ROWS}`,
        values,
        PATIENCE,
      ),
    )
    const [first] = sizes
    if (first === undefined) return undefined
    let to = first.seq
    let sum = 0
    for (const { seq, size } of sizes) {
      if (sum > 0 && sum + size > MAX_BYTES) break
      sum += size
      to = seq
    }
    const span = samplesWhere(this.#filter, schema, from, to)
    const rows = await this.#rows(span.where, span.values)
    return { to, ...(await this.#opened(rows)) }
  }

  /** The samples with these numbers, so far as they are still there. */
  async of(seqs: readonly number[]): Promise<Omit<ExportPage, 'to'>> {
    return this.#opened(await this.#rows('seq = any($1::bigint[])', [seqs]))
  }

  #rows(where: string, values: readonly unknown[]): Promise<StoredRow[]> {
    return patiently(() =>
      this.#database.query<StoredRow>(
        `select ${ROW_COLUMNS} from ${this.#database.schema}.samples where ${where} order by seq`,
        values,
        PATIENCE,
      ),
    )
  }

  async #opened(rows: readonly StoredRow[]): Promise<Omit<ExportPage, 'to'>> {
    const samples: ExportSample[] = []
    const leftOut: LeftOut[] = []
    const rest = rows.toReversed()
    const worker = async (): Promise<void> => {
      for (let row = rest.pop(); row !== undefined; row = rest.pop()) {
        const dataset = this.#datasets.get(row.dataset)
        if (dataset === undefined) continue
        try {
          const one = row
          const open = (): Promise<ExportSample> => exportSample(one, dataset, this.#files)
          samples.push(await patiently(open, isTransientFileError))
        } catch (error) {
          if (fileFaultOf(error).at !== 'file') throw error
          leftOut.push({ folder: dataset.folder, error })
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return { samples: samples.toSorted((a, b) => a.seq - b.seq), leftOut }
  }
}
