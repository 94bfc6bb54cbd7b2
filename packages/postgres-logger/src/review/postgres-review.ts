import type { FlaggedFile, RowKey } from '@flagging/core'
import {
  type Mark,
  type PageQuery,
  type ReviewAbout,
  type ReviewColumns,
  type ReviewCounts,
  type ReviewFile,
  type ReviewFilter,
  type ReviewPage,
  type ReviewSample,
  type ReviewStore,
  SourceFile,
  noSample,
} from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import type { FileStore } from '../files/file-store.ts'
import { originOf } from './file-origin.ts'
import { keyPlace } from './key-place.ts'
import { setMark } from './marks.ts'
import { fromMillis } from './micros.ts'
import { ReviewDesk } from './review-desk.ts'
import { isWithin } from './time-parts.ts'

/** What reviewers look at and change, beside the database. */
export interface ReviewSettings {
  readonly files: FileStore
  /** Whether files are read from addresses of their store, where it has such. */
  readonly presign: boolean
  /** Deletes samples of a dataset for good, rows and files. */
  readonly remove: (folder: string, rows: readonly RowKey[]) => Promise<number>
}

/** What reviewers look at and change in PostgreSQL. */
export class PostgresReview implements ReviewStore {
  readonly addressOf?: (file: ReviewFile) => Promise<string | undefined>
  readonly fileOrigins?: () => Promise<readonly string[]>
  readonly #database: Database
  readonly #settings: ReviewSettings
  readonly #desk: ReviewDesk

  constructor(database: Database, settings: ReviewSettings) {
    const { files, presign } = settings
    this.#database = database
    this.#settings = settings
    this.#desk = new ReviewDesk(database, files)
    const sign = presign ? files.presign?.bind(files) : undefined
    if (sign === undefined) return
    this.addressOf = ({ path, type }) => sign(path, { type, name: path })
    this.fileOrigins = async () => [await originOf(sign)]
  }

  about(): Promise<ReviewAbout> {
    return this.#desk.about()
  }

  page(query: PageQuery): Promise<ReviewPage> {
    return this.#desk.page(query)
  }

  columns(filter: ReviewFilter): Promise<ReviewColumns> {
    return this.#desk.columns(filter)
  }

  counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#desk.counts(filter)
  }

  sample(key: string, spilled?: boolean): Promise<ReviewSample> {
    return this.#desk.sample(key, spilled)
  }

  open({ path, name, type, size, storedAs }: ReviewFile): FlaggedFile {
    return new SourceFile(name, type, this.#settings.files.open(path, size), storedAs)
  }

  async mark(key: string, mark: Mark): Promise<void> {
    const isThere = await setMark(this.#database, await this.#desk.placeOf(key), mark)
    if (!isThere) throw noSample()
  }

  canRemove(): boolean {
    return true
  }

  async remove(keys: readonly string[]): Promise<number> {
    const { datasets } = await this.#desk.look()
    const places = keys.flatMap((key) => keyPlace(key, datasets) ?? [])
    const parts = (await this.#desk.timeline.parts()).of({ from: undefined, to: undefined })
    let deleted = 0
    for (const folder of new Set(places.map((place) => place.folder))) {
      for (const range of parts) {
        const some = places.filter(
          (place) => place.folder === folder && isWithin(fromMillis(place.at), range),
        )
        const rows = some.map(({ row }) => row)
        if (rows.length > 0) deleted += await this.#settings.remove(folder, rows)
      }
    }
    return deleted
  }
}
