import type { OpenLog } from '../store/open-log.ts'
import { findRow } from './find-row.ts'
import { type FoundIn, readFound } from './found-in.ts'
import { type FoundPage, type Search, listPage } from './list-page.ts'
import { RowEnds } from './row-ends.ts'
import { LogIndexes } from './log-index.ts'
import { DatasetMarks } from './marks.ts'
import { Rankings } from './rank-page.ts'
import { readRow } from './read-row.ts'
import { Counters, type ReviewCounts } from './review-counts.ts'
import type { PageQuery, ReviewFilter } from './review-filter.ts'
import { type ReviewLog, type ReviewPlace, reviewLogs, withLog } from './review-log.ts'
import type { ReviewSample } from './review-sample.ts'
import type { ReviewAbout, ReviewColumns, ReviewPage, ReviewReader } from './review-store.ts'
import { decodeKey, noSample } from './sample-key.ts'
import { SearchBudget } from './search-budget.ts'
import { newestOf, sincePage } from './since-page.ts'

/** How long one answer may search, in milliseconds. */
const SEARCH_MS = 400

/** Looks samples up in the logs of a flagged directory, without anything kept for each of them. */
export class LogDesk implements ReviewReader {
  readonly #place: ReviewPlace
  readonly #marks = new Map<string, DatasetMarks>()
  readonly #ends = new RowEnds()
  readonly #indexes = new LogIndexes()
  readonly #rankings = new Rankings()
  readonly #counters = new Counters()

  constructor(place: ReviewPlace) {
    this.#place = place
  }

  async about(): Promise<ReviewAbout> {
    const logs = await reviewLogs(this.#place, undefined)
    const notices: string[] = []
    for (const log of logs) {
      await withLog(
        this.#place,
        log,
        (notice) => notices.push(notice),
        async () => undefined,
      )
    }
    const datasets = new Set(logs.map(({ dataset }) => dataset.endpoint))
    return { datasets: [...datasets], notices }
  }

  async page(query: PageQuery): Promise<ReviewPage> {
    const search = await this.#search(query.filter)
    if (query.after !== undefined) return this.#since(search, query)
    // Before the list: what comes in meanwhile is then given twice rather than not at all.
    const newest = await newestOf(search, this.#ends)
    const byTime = query.sort === 'newest' || query.sort === 'oldest'
    const found: FoundPage = await (byTime
      ? listPage(search, query)
      : this.#rankings.page(search, query))
    const samples = await this.#read(search, found.rows, query.whole)
    return { samples, next: found.next, newest, searched: search.budget.searched }
  }

  async columns(filter: ReviewFilter): Promise<ReviewColumns> {
    const { logs, told } = await this.#search(filter)
    const sides = {
      inputs: new Set<string>(),
      outputs: new Set<string>(),
      details: new Set<string>(),
    }
    for (const log of logs) {
      await withLog(this.#place, log, told, async ({ plan }) => {
        for (const { part, label } of plan.columns) if (part !== undefined) sides[part].add(label)
      })
    }
    const { inputs, outputs, details } = sides
    return { inputs: [...inputs], outputs: [...outputs], details: [...details] }
  }

  async counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#counters.count(await this.#search(filter), filter, this.#ends)
  }

  async sample(key: string, spilled = false): Promise<ReviewSample> {
    const asked = decodeKey(key)
    const search = await this.#search({ dataset: asked.folder })
    const log = search.logs.find((one) => one.log.name === asked.log)
    if (log === undefined) throw noSample()
    const use = async (open: OpenLog): Promise<ReviewSample | undefined> => {
      const row = await findRow(open, asked)
      return row && readRow(log, open, search.marksOf(log), row, Infinity)
    }
    const sample = await withLog(this.#place, log, search.told, use, spilled)
    if (sample === undefined) throw noSample()
    return sample
  }

  async #since(search: Search, query: PageQuery): Promise<ReviewPage> {
    const { rows, newest, reset } = await sincePage(search, query, this.#ends)
    const samples = await this.#read(search, rows)
    const { searched } = search.budget
    return { samples, next: null, newest, searched, ...(reset ? { reset } : {}) }
  }

  #read(
    { marksOf, told }: Search,
    rows: readonly FoundIn[],
    whole = false,
  ): Promise<ReviewSample[]> {
    return readFound(this.#place, rows, marksOf, whole, told)
  }

  async #search({ dataset }: ReviewFilter): Promise<Search> {
    const logs = await reviewLogs(this.#place, dataset)
    const dirs = new Set(logs.map((log) => log.dataset.dir))
    for (const dir of dirs) {
      const marks = this.#marks.get(dir) ?? new DatasetMarks(this.#place.fs, dir)
      this.#marks.set(dir, marks)
      await marks.refresh()
    }
    return {
      place: this.#place,
      logs,
      marksOf: (log: ReviewLog) => this.#marks.get(log.dataset.dir) as DatasetMarks,
      indexes: this.#indexes,
      budget: new SearchBudget(SEARCH_MS),
      // `about` tells them.
      told: () => undefined,
    }
  }
}
