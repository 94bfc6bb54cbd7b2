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
import { checkMigrated } from '../database/migrations.ts'
import type { FileStore } from '../files/file-store.ts'
import { AtMost } from '../samples/at-most.ts'
import { DATASET_COLUMNS, type StoredDataset, componentOf } from '../samples/stored-row.ts'
import { Counters } from './counters.ts'
import { decodeList, decodeNewest, encodeList, encodeNewest } from './cursor.ts'
import { originOf } from './file-origin.ts'
import { timesOf } from './filter-sql.ts'
import { findPage } from './find-page.ts'
import { type KeyPlace, keyPlace } from './key-place.ts'
import { type DatasetFacts, type Look, datasetsOf, look, samplesIn } from './look.ts'
import { setMark } from './marks.ts'
import { fromMillis } from './micros.ts'
import { Order, type Place } from './order.ts'
import { RowReader } from './row-reader.ts'
import { DETAILS, type Wanted, reviewSample } from './row-to-review.ts'
import { Search, type Sought } from './search.ts'
import { placesSince } from './since.ts'
import { isWithin } from './time-parts.ts'
import { Timeline } from './timeline.ts'
import { WordSearch } from './word-sql.ts'

/** What reviewers look at and change, beside the database. */
export interface ReviewSettings {
  readonly files: FileStore
  /** Whether files are read from addresses of their store, where it has such. */
  readonly presign: boolean
  /** Deletes samples of a dataset for good, rows and files. */
  readonly remove: (folder: string, rows: readonly RowKey[]) => Promise<number>
}

/** What is looked up for reviewers at the same time: samples want connections, too. */
const AT_ONCE = 2
/** No dataset has this number. */
const NO_DATASET = -1

/** What reviewers look at and change in PostgreSQL. */
export class PostgresReview implements ReviewStore {
  readonly addressOf?: (file: ReviewFile) => Promise<string | undefined>
  readonly fileOrigins?: () => Promise<readonly string[]>
  readonly #database: Database
  readonly #settings: ReviewSettings
  readonly #timeline: Timeline
  readonly #rows: RowReader
  readonly #words: WordSearch
  readonly #counters: Counters
  readonly #turns = new AtMost(AT_ONCE)
  #isChecked = false

  constructor(database: Database, settings: ReviewSettings) {
    this.#database = database
    this.#settings = settings
    this.#timeline = new Timeline(database)
    this.#rows = new RowReader(database, this.#timeline)
    this.#words = new WordSearch(database)
    this.#counters = new Counters(database, this.#timeline)
    const { files, presign } = settings
    const sign = presign ? files.presign?.bind(files) : undefined
    if (sign === undefined) return
    this.addressOf = ({ path, type }) => sign(path, { type, name: path })
    this.fileOrigins = async () => [await originOf(sign)]
  }

  async about(): Promise<ReviewAbout> {
    const { datasets } = await this.#look()
    return {
      datasets: datasets.map(({ folder }) => (folder === '' ? null : folder)),
      notices: [],
    }
  }

  page(query: PageQuery): Promise<ReviewPage> {
    return this.#turns.run(async () => {
      // Before the list: what comes in meanwhile is then given twice rather than not at all.
      const now = await this.#look()
      const datasets = datasetsOf(now, query.filter.dataset)
      const newest = encodeNewest({ snapshot: now.snapshot, samples: samplesIn(datasets) })
      if (datasets.length === 0) return { samples: [], next: null, newest, searched: 0 }
      const sought = await this.#sought(query.filter, datasets, new Order(query.sort))
      if (query.after !== undefined) return this.#since(query, sought, now, datasets, newest)
      const cursor = query.cursor === undefined ? undefined : decodeList(query.cursor, sought.order)
      const search = new Search(this.#database, sought, cursor?.isWalk ?? false)
      const parts = await this.#timeline.parts()
      const times = timesOf(query.filter)
      const { places, next } = await findPage(search, parts, times, query.limit, cursor)
      const isWhole = query.whole === true
      return {
        samples: await this.#samples(places, { isWhole, isRead: isWhole }),
        next: next === undefined ? null : encodeList(sought.order, next),
        newest,
        searched: search.searched,
      }
    })
  }

  async columns({ dataset }: ReviewFilter): Promise<ReviewColumns> {
    const stored = await this.#database.query<StoredDataset>(
      `select ${DATASET_COLUMNS} from ${this.#database.schema}.datasets order by id`,
    )
    const components = stored
      .filter(({ folder }) => dataset === undefined || folder === dataset)
      .flatMap((one) => one.components.map(componentOf))
    const side = (role: 'input' | 'output') => [
      ...new Set(components.filter((one) => one.role === role).map(({ label }) => label)),
    ]
    return { inputs: side('input'), outputs: side('output'), details: DETAILS }
  }

  counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#turns.run(async () => {
      const datasets = datasetsOf(await this.#look(), filter.dataset)
      const sought = await this.#sought(filter, datasets, new Order('oldest'))
      return this.#counters.count(sought, datasets)
    })
  }

  async sample(key: string, spilled = false): Promise<ReviewSample> {
    const place = await this.#placeOf(key)
    const [found] = await this.#rows.in(place)
    if (found === undefined) throw noSample()
    return reviewSample(found, this.#settings.files, { isWhole: true, isRead: spilled })
  }

  open({ path, name, type, size, storedAs }: ReviewFile): FlaggedFile {
    return new SourceFile(name, type, this.#settings.files.open(path, size), storedAs)
  }

  async mark(key: string, mark: Mark): Promise<void> {
    const isThere = await setMark(this.#database, await this.#placeOf(key), mark)
    if (!isThere) throw noSample()
  }

  canRemove(): boolean {
    return true
  }

  async remove(keys: readonly string[]): Promise<number> {
    const { datasets } = await this.#look()
    const places = keys.flatMap((key) => keyPlace(key, datasets) ?? [])
    const parts = await this.#timeline.parts()
    let deleted = 0
    for (const folder of new Set(places.map((place) => place.folder))) {
      for (const range of parts.of({ from: undefined, to: undefined })) {
        const rows = places.filter(
          (place) => place.folder === folder && isWithin(fromMillis(place.at), range),
        )
        if (rows.length === 0) continue
        deleted += await this.#settings.remove(
          folder,
          rows.map(({ row }) => row),
        )
      }
    }
    return deleted
  }

  async #since(
    { after = '', limit }: PageQuery,
    sought: Sought,
    now: Look,
    datasets: readonly DatasetFacts[],
    newest: string,
  ): Promise<ReviewPage> {
    const parts = await this.#timeline.parts()
    const before = decodeNewest(after)
    const places = await placesSince(this.#database, parts, sought, before, now, datasets, limit)
    if (places === undefined) return { samples: [], next: null, newest, searched: 0, reset: true }
    const samples = await this.#samples(places, { isWhole: false, isRead: false })
    return { samples, next: null, newest, searched: places.length }
  }

  async #samples(places: readonly Place[], wanted: Wanted): Promise<readonly ReviewSample[]> {
    const rows = await this.#rows.at(places, wanted.isWhole)
    return Promise.all(rows.map((row) => reviewSample(row, this.#settings.files, wanted)))
  }

  async #sought(
    filter: ReviewFilter,
    datasets: readonly DatasetFacts[],
    order: Order,
  ): Promise<Sought> {
    const { words } = filter
    return {
      filter,
      dataset: filter.dataset === undefined ? undefined : (datasets[0]?.id ?? NO_DATASET),
      words: words && (await this.#words.conditions(words)),
      order,
    }
  }

  async #placeOf(key: string): Promise<KeyPlace> {
    const place = keyPlace(key, (await this.#look()).datasets)
    if (place === undefined) throw noSample()
    return place
  }

  async #look(): Promise<Look> {
    // Once: it says what to do where the tables are not there.
    if (!this.#isChecked) await checkMigrated(this.#database)
    this.#isChecked = true
    return look((text, values) => this.#database.query(text, values), this.#database)
  }
}
