import {
  ALL_OWN_COLUMNS,
  type PageQuery,
  type ReviewAbout,
  type ReviewColumns,
  type ReviewCounts,
  type ReviewFilter,
  type ReviewPage,
  type ReviewReader,
  type ReviewSample,
  noSample,
} from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import { checkMigrated } from '../database/migrations.ts'
import type { FileStore } from '../files/file-store.ts'
import { AtMost } from '../samples/at-most.ts'
import { DATASET_COLUMNS, type StoredDataset, componentOf } from '../samples/stored-row.ts'
import { Counters } from './counters.ts'
import { decodeList, decodeNewest, encodeList, encodeNewest } from './cursor.ts'
import { timesOf } from './filter-sql.ts'
import { findPage } from './find-page.ts'
import { type KeyPlace, keyPlace } from './key-place.ts'
import { type DatasetFacts, type Look, datasetsOf, look, samplesIn } from './look.ts'
import { Order } from './order.ts'
import { type FoundRow, RowReader } from './row-reader.ts'
import { reviewSample } from './row-to-review.ts'
import { Search, type Sought } from './search.ts'
import { placesSince } from './since.ts'
import { Timeline } from './timeline.ts'
import { WordSearch } from './word-sql.ts'

/** What is looked up for reviewers at the same time: samples want connections, too. */
const AT_ONCE = 2
/** No dataset has this number. */
const NO_DATASET = -1

/** A page whose rows are not made into samples yet. */
interface RowPage extends Omit<ReviewPage, 'samples'> {
  readonly rows: readonly FoundRow[]
}

/** Looks samples up in PostgreSQL. */
export class ReviewDesk implements ReviewReader {
  readonly timeline: Timeline
  readonly #database: Database
  readonly #files: FileStore
  readonly #rows: RowReader
  readonly #words: WordSearch
  readonly #counters: Counters
  readonly #turns = new AtMost(AT_ONCE)
  #isChecked = false

  constructor(database: Database, files: FileStore) {
    this.#database = database
    this.#files = files
    this.timeline = new Timeline(database)
    this.#rows = new RowReader(database, this.timeline)
    this.#words = new WordSearch(database)
    this.#counters = new Counters(database, this.timeline)
  }

  async about(): Promise<ReviewAbout> {
    const { datasets } = await this.look()
    return {
      datasets: datasets.map(({ folder }) => (folder === '' ? null : folder)),
      notices: [],
    }
  }

  async page(query: PageQuery): Promise<ReviewPage> {
    const { rows, ...page } = await this.#turns.run(() => this.#page(query))
    // What lies in files is read when others have their turn.
    const isWhole = query.whole === true
    const samples = rows.map((row) => reviewSample(row, this.#files, { isWhole, isRead: isWhole }))
    return { ...page, samples: await Promise.all(samples) }
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
    return { inputs: side('input'), outputs: side('output'), details: ALL_OWN_COLUMNS }
  }

  counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#turns.run(async () => {
      const datasets = datasetsOf(await this.look(), filter.dataset)
      const sought = await this.#sought(filter, datasets, new Order('oldest'))
      return this.#counters.count(sought, datasets)
    })
  }

  async sample(key: string, spilled = false): Promise<ReviewSample> {
    const found = await this.#rows.in(await this.placeOf(key))
    if (found === undefined) throw noSample()
    return reviewSample(found, this.#files, { isWhole: true, isRead: spilled })
  }

  /**
   * Where the row of a key would be.
   * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND` where this store has none that is called so
   */
  async placeOf(key: string): Promise<KeyPlace> {
    const place = keyPlace(key, (await this.look()).datasets)
    if (place === undefined) throw noSample()
    return place
  }

  /** What there is now. */
  async look(): Promise<Look> {
    // Once: it says what to do where the tables are not there.
    if (!this.#isChecked) await checkMigrated(this.#database)
    this.#isChecked = true
    return look((text, values) => this.#database.query(text, values), this.#database)
  }

  async #page(query: PageQuery): Promise<RowPage> {
    // Before the list: what comes in meanwhile is then given twice rather than not at all.
    const now = await this.look()
    const datasets = datasetsOf(now, query.filter.dataset)
    const newest = encodeNewest({ snapshot: now.snapshot, samples: samplesIn(datasets) })
    const sought = await this.#sought(query.filter, datasets, new Order(query.sort))
    if (query.after !== undefined) return this.#since(query, sought, now, datasets, newest)
    const cursor = query.cursor === undefined ? undefined : decodeList(query.cursor, sought.order)
    if (datasets.length === 0) return { rows: [], next: null, newest, searched: 0 }
    const search = new Search(this.#database, sought, cursor?.isWalk ?? false)
    const parts = await this.timeline.parts()
    const times = timesOf(query.filter)
    const { places, next } = await findPage(search, parts, times, query.limit, cursor)
    return {
      rows: await this.#rows.at(places, query.whole === true),
      next: next === undefined ? null : encodeList(sought.order, next),
      newest,
      searched: search.searched,
    }
  }

  async #since(
    { after = '', limit }: PageQuery,
    sought: Sought,
    now: Look,
    datasets: readonly DatasetFacts[],
    newest: string,
  ): Promise<RowPage> {
    const before = decodeNewest(after)
    const parts = await this.timeline.parts()
    const places = await placesSince(this.#database, parts, sought, before, now, datasets, limit)
    const page = { next: null, newest, searched: places?.length ?? 0 }
    if (places === undefined) return { rows: [], ...page, reset: true }
    return { rows: await this.#rows.at(places, false), ...page }
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
}
