import { performance } from 'node:perf_hooks'
import type { Database } from '../database/database.ts'
import type { Micros } from './micros.ts'
import { TimeParts } from './time-parts.ts'

/** How old what is known of the partitions may be. What a new one holds is looked for all the same. */
const KNOWN_MS = 5000

/**
 * The partitions of the samples. A statement over all of them takes locks on each and on its indexes:
 * with a partition a day that is more than a server gives out, and a first page needs only the newest.
 */
export class Timeline {
  readonly #database: Database
  #parts: Promise<TimeParts> | undefined
  #askedAt = 0

  constructor(database: Database) {
    this.#database = database
  }

  /** What there is, or was a moment ago. */
  parts(): Promise<TimeParts> {
    const now = performance.now()
    if (this.#parts !== undefined && now - this.#askedAt < KNOWN_MS) return this.#parts
    const parts = this.#look()
    this.#parts = parts
    this.#askedAt = now
    parts.catch(() => (this.#parts = undefined))
    return parts
  }

  async #look(): Promise<TimeParts> {
    const { name } = this.#database
    const rows = await this.#database.query<{
      name: string
      from: string | null
      to: string | null
    }>(
      `select name, ${epochOf('bounds[1]')} as from, ${epochOf('bounds[2]')} as to
      from (
        select c.relname as name, regexp_match(pg_get_expr(c.relpartbound, c.oid),
          'FROM \\((.+)\\) TO \\((.+)\\)') as bounds
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
          join pg_class p on p.oid = i.inhparent join pg_namespace n on n.oid = p.relnamespace
        where n.nspname = $1 and p.relname = 'samples'
      ) as found
      where bounds is not null`,
      [name],
    )
    const micros = (text: string | null): Micros | undefined =>
      text === null ? undefined : BigInt(text)
    return new TimeParts(
      rows.map((row) => ({ name: row.name, from: micros(row.from), to: micros(row.to) })),
    )
  }
}

/** A bound is a text in quotes, or says that there is none. */
function epochOf(bound: string): string {
  return `case when ${bound} like '''%''' then
    (extract(epoch from trim(both '''' from ${bound})::timestamptz) * 1000000)::bigint::text end`
}
