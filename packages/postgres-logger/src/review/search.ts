import { performance } from 'node:perf_hooks'
import type { Database } from '../database/database.ts'
import { type Kind, isIndexed, kindConditions } from './filter-sql.ts'
import type { Order, Place } from './order.ts'
import { PLACE, type PlaceRow, placeOf, timeConditions, where } from './place-sql.ts'
import { SQLValues } from './sql-values.ts'
import type { TimeRange } from './time-parts.ts'
import { isTooLong } from './too-long.ts'

/** What a search looks for. */
export interface Sought extends Kind {
  readonly words: ((values: SQLValues) => string[]) | undefined
  readonly order: Order
}

/** A part of all rows: of a stretch of time, behind one place, and up to another. */
export interface Scope {
  readonly range: TimeRange
  readonly behind?: Place | undefined
  readonly upTo?: Place | undefined
}

/** A part of the rows that are looked at one after the other. */
export interface Stretch {
  readonly count: number
  /** Its last row; `undefined` where no others come behind it. */
  readonly end: Place | undefined
}

/** How long one answer may search. */
const ANSWER_MS = 400
/** How long a statement may look for rows that no index has together. */
const STATEMENT_MS = 1000
/** What a statement that looks at each row should take. */
const STRETCH_MS = 100
const FIRST_STRETCH = 2000
const LONGEST_STRETCH = 400_000
const LEAST_STRETCH = 100
const MOST_GROWTH = 8

/** Finds the places of rows, a stretch at a time where each row must be looked at. */
export class Search {
  readonly sought: Sought
  readonly #database: Pick<Database, 'query' | 'schema'>
  readonly #until = performance.now() + ANSWER_MS
  /** How many rows are looked at together. */
  stretchLength: number = FIRST_STRETCH
  /** Whether rows are walked through in their order, whatever an index may know of them. */
  isWalk: boolean
  /** How many rows were looked at. */
  searched = 0

  constructor(database: Pick<Database, 'query' | 'schema'>, sought: Sought, isWalk: boolean) {
    this.#database = database
    this.sought = sought
    this.isWalk = isWalk
  }

  get isSpent(): boolean {
    return performance.now() > this.#until
  }

  /** Whether rows are looked at in stretches. */
  get isByStretch(): boolean {
    return this.isWalk || this.sought.words !== undefined
  }

  /**
   * The places of the next rows, in their order and at most so many; `undefined` where no index leads
   * to them in time: then `isWalk` is set, and stretches are to be looked at.
   */
  async places(scope: Scope, limit: number): Promise<readonly Place[] | undefined> {
    const { words } = this.sought
    const what = (values: SQLValues) => [
      ...kindConditions(values, this.sought),
      ...(words === undefined ? [] : words(values)),
    ]
    const start = performance.now()
    const found = await this.#find(scope, what, limit, this.isByStretch)
    if (this.isByStretch) this.fit(performance.now() - start)
    else this.searched += found?.length ?? 0
    return found
  }

  /** The next stretch of at most so many rows that are to be looked at. `undefined` as above. */
  async stretch(scope: Scope, length: number): Promise<Stretch | undefined> {
    const { order } = this.sought
    const { text, values } = this.#statement(scope, length, (all) =>
      this.isWalk ? [] : kindConditions(all, this.sought),
    )
    // All keys of it come from an index: that costs little beside what is done with its rows.
    const numbered = `select *, row_number() over (order by ${order.sql}) as nth from (${text}) as stretch`
    const found = await this.#run<PlaceRow & { nth: number }>(
      `select ${PLACE}, nth from (${numbered}) as numbered order by nth desc limit 1`,
      values,
      this.isWalk || isIndexed(this.sought),
    )
    if (found === undefined) return undefined
    const [last] = found
    const count = last?.nth ?? 0
    this.searched += count
    return { count, end: last !== undefined && count === length ? placeOf(last) : undefined }
  }

  /** Makes the next stretch shorter or longer than one that took so long. */
  fit(ms: number): void {
    const factor = Math.min(MOST_GROWTH, Math.max(1 / MOST_GROWTH, STRETCH_MS / Math.max(ms, 1)))
    const length = Math.round(this.stretchLength * factor)
    this.stretchLength = Math.min(LONGEST_STRETCH, Math.max(LEAST_STRETCH, length))
  }

  async #find(
    scope: Scope,
    what: (values: SQLValues) => string[],
    limit: number,
    isPatient: boolean,
  ): Promise<readonly Place[] | undefined> {
    const { text, values } = this.#statement(scope, limit, what)
    const found = await this.#run<PlaceRow>(
      `select ${PLACE} from (${text}) as found order by ${this.sought.order.sql}`,
      values,
      isPatient || isIndexed(this.sought),
    )
    return found?.map(placeOf)
  }

  #statement(
    { range, behind, upTo }: Scope,
    limit: number,
    what: (values: SQLValues) => string[],
  ): { readonly text: string; readonly values: readonly unknown[] } {
    const { order } = this.sought
    const values = new SQLValues()
    const conditions = [
      ...timeConditions(values, range),
      ...(behind === undefined ? [] : [order.behind(values, behind)]),
      ...(upTo === undefined ? [] : [order.upTo(values, upTo)]),
      ...(order.isByTime ? [] : ['duration is not null']),
      ...what(values),
    ]
    // What is not asked for need not be fetched from where no index has it.
    const duration = order.isByTime ? 'null::float8' : 'duration'
    const text = `select id, at, ${duration} as duration from ${this.#database.schema}.samples ${where(conditions)}
      order by ${order.sql} limit ${limit}`
    return { text, values: values.all }
  }

  async #run<Row extends object>(
    text: string,
    values: readonly unknown[],
    isPatient: boolean,
  ): Promise<Row[] | undefined> {
    if (isPatient) return this.#database.query<Row>(text, values)
    try {
      return await this.#database.query<Row>(text, values, { timeoutMs: STATEMENT_MS })
    } catch (error) {
      if (!isTooLong(error)) throw error
      this.isWalk = true
      return undefined
    }
  }
}
