import type { Query } from '../database/database.ts'
import { kindConditions } from './filter-sql.ts'
import type { Place } from './order.ts'
import { timeConditions, where } from './place-sql.ts'
import type { Scope, Sought } from './search.ts'
import { type Snapshot, cameInSince } from './snapshot.ts'
import { SQLValues } from './sql-values.ts'
import type { Facet, Tally } from './tally.ts'
import type { TimeRange } from './time-parts.ts'

/** What PostgreSQL says of a group: the columns that it is not of, a bit each. */
const FACETS: Readonly<Record<number, Facet>> = {
  0b0111: 'day',
  0b1011: 'dataset',
  0b1101: 'option',
  0b1110: 'username',
}

interface Group extends Readonly<Record<Facet, string | null>> {
  readonly of: number
  readonly count: number
}

/** Counts rows in the transaction of a query. */
export class RowCounter {
  readonly #query: Query
  readonly #schema: string
  readonly #sought: Sought

  constructor(query: Query, schema: string, sought: Sought) {
    this.#query = query
    this.#schema = schema
    this.#sought = sought
  }

  /** Adds the rows of a scope. */
  async stretch({ range, behind, upTo }: Scope, tally: Tally): Promise<void> {
    const { order } = this.#sought
    await this.#count(tally, (values) => [
      ...timeConditions(values, range),
      ...(behind === undefined ? [] : [order.behind(values, behind)]),
      ...(upTo === undefined ? [] : [order.upTo(values, upTo)]),
    ])
  }

  /**
   * Adds the rows of a stretch of time that came in between two looks.
   * @param upTo behind which place none was counted before; `undefined` where all were
   */
  async since(
    range: TimeRange,
    [before, now]: readonly [Snapshot, Snapshot],
    upTo: Place | undefined,
    tally: Tally,
  ): Promise<void> {
    await this.#count(tally, (values) => [
      ...timeConditions(values, range),
      cameInSince(values, before, now, 'stored_at'),
      ...(upTo === undefined ? [] : [this.#sought.order.upTo(values, upTo)]),
    ])
  }

  async #count(tally: Tally, which: (values: SQLValues) => string[]): Promise<void> {
    const values = new SQLValues()
    const conditions = [
      ...which(values),
      ...kindConditions(values, this.#sought),
      ...(this.#sought.words?.(values) ?? []),
    ]
    const groups = await this.#query<Group>(
      `with facts as materialized (
        select (at at time zone 'UTC')::date::text as day, dataset, option, username,
          count(*) as count
        from ${this.#schema}.samples ${where(conditions)} group by 1, 2, 3, 4
      ) select day, dataset, option, username, sum(count)::bigint as count,
        grouping(day, dataset, option, username) as of
      from facts group by grouping sets ((day), (dataset), (option), (username))`,
      values.all,
    )
    for (const group of groups) {
      const facet = FACETS[group.of] as Facet
      const value = group[facet]
      tally.add(facet, value === null ? null : String(value), group.count)
    }
  }
}
