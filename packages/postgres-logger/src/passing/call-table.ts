import pg from 'pg'
import { notMigrated } from '../database/database-errors.ts'
import { SCHEMA_VERSION } from '../database/migrations.ts'
import { Batches } from './batches.ts'
import type { CallConnection } from './call-connection.ts'

/** A call to whichever instance holds an interaction. */
export interface Call {
  readonly id: string
  readonly interaction: string
  /** JSON. */
  readonly request: unknown
}

/** What has become of a call that is taken back. */
export type Withdrawn =
  /** Nobody had claimed it, and nobody can any longer. */
  | { readonly state: 'unclaimed' }
  /** Somebody is at it. */
  | { readonly state: 'claimed' }
  | { readonly state: 'answered'; readonly answer: unknown }
  /** It is not there: the server has lost it, or this was asked before. */
  | { readonly state: 'lost' }

/** Calls whose askers have died are of no use to anybody. */
const OLD_SECONDS = 300
/** Whoever asked longer ago waits no longer. */
const RECENT_SECONDS = 60

/**
 * The table `calls`, in which each change is one statement: a call is claimed by one instance or taken
 * back, never both. Calls and answers are told to all on the channel of the connection, by their ids.
 */
export class CallTable {
  readonly #connection: CallConnection
  readonly #table: string
  readonly #channel: string
  readonly #asked: Batches<Call, void>
  readonly #claims: Batches<string, unknown>
  readonly #answers: Batches<{ id: string; answer: unknown }, void>
  readonly #withdrawn: Batches<string, Withdrawn>
  readonly #taken: Batches<string, unknown>

  /** @param schema quoted */
  constructor(connection: CallConnection, schema: string, channel: string) {
    this.#connection = connection
    this.#table = `${schema}.calls`
    this.#channel = channel
    this.#asked = new Batches((calls) => this.#ask(calls))
    this.#claims = new Batches((ids) => this.#claim(ids))
    this.#answers = new Batches((answers) => this.#answer(answers))
    this.#withdrawn = new Batches((ids) => this.#withdraw(ids))
    this.#taken = new Batches((ids) => this.#take(ids))
  }

  /** Writes a call down and tells all instances of it; the same again changes nothing. */
  ask(call: Call, isWanted: () => boolean): Promise<void> {
    return this.#asked.add(call, isWanted)
  }

  /** Claims a call and gives its request; `undefined` where it is claimed or taken back. */
  claim(id: string, isWanted: () => boolean): Promise<unknown> {
    return this.#claims.add(id, isWanted)
  }

  /** Answers a call that was claimed. */
  answer(id: string, answer: unknown): Promise<void> {
    return this.#answers.add({ id, answer })
  }

  /** Takes a call back, unless somebody has claimed it. */
  withdraw(id: string): Promise<Withdrawn> {
    return this.#withdrawn.add(id)
  }

  /** Deletes a call, whatever its state, and gives its answer; `undefined` where there is none. */
  take(id: string): Promise<unknown> {
    return this.#taken.add(id)
  }

  /** Which of these calls are answered. */
  async answered(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#query<{ id: string }>(
      `select id from ${this.#table} where id = any($1::uuid[]) and answer is not null`,
      [ids],
    )
    return rows.map(({ id }) => id)
  }

  /** The calls of late that nobody has claimed. */
  unclaimed(): Promise<readonly Omit<Call, 'request'>[]> {
    return this.#query(
      `select id, interaction from ${this.#table}
        where claimed_at is null and asked_at > now() - make_interval(secs => $1)`,
      [RECENT_SECONDS],
    )
  }

  /** Deletes what nobody waits for any longer, and says whether anything is left. */
  async clean(): Promise<boolean> {
    await this.#query(
      `delete from ${this.#table} where asked_at < now() - make_interval(secs => $1)`,
      [OLD_SECONDS],
    )
    const left = await this.#query(`select from ${this.#table} limit 1`)
    return left.length > 0
  }

  async #query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.#connection.query<Row>(text, values)
    } catch (error) {
      throw isMissing(error) ? notMigrated(0, SCHEMA_VERSION) : error
    }
  }

  async #ask(calls: readonly Call[]): Promise<readonly void[]> {
    await this.#query(
      `with asked as (
        insert into ${this.#table} (id, interaction, request)
        select id, interaction, request::json
          from unnest($1::uuid[], $2::text[], $3::text[]) as call (id, interaction, request)
        on conflict (id) do nothing
        returning id, interaction
      )
      select pg_notify($4, id || ' ' || interaction) from asked`,
      [
        calls.map(({ id }) => id),
        calls.map(({ interaction }) => interaction),
        calls.map(({ request }) => JSON.stringify(request)),
        this.#channel,
      ],
    )
    return []
  }

  async #claim(ids: readonly string[]): Promise<readonly unknown[]> {
    // One that is locked is being taken back, or claimed by somebody else.
    const rows = await this.#query<{ id: string; request: unknown }>(
      `update ${this.#table} set claimed_at = now()
        where id in (
          select id from ${this.#table}
            where id = any($1::uuid[]) and claimed_at is null for update skip locked
        )
        returning id, request`,
      [ids],
    )
    const requests = new Map(rows.map(({ id, request }) => [id, request]))
    return ids.map((id) => requests.get(id))
  }

  async #answer(answers: readonly { id: string; answer: unknown }[]): Promise<readonly void[]> {
    await this.#query(
      `with answered as (
        update ${this.#table} as call set answer = given.answer::json
          from unnest($1::uuid[], $2::text[]) as given (id, answer)
          where call.id = given.id
          returning call.id
      )
      select pg_notify($3, id::text) from answered`,
      [
        answers.map(({ id }) => id),
        answers.map(({ answer }) => JSON.stringify(answer)),
        this.#channel,
      ],
    )
    return []
  }

  async #withdraw(ids: readonly string[]): Promise<readonly Withdrawn[]> {
    const rows = await this.#query<{ id: string; answer: unknown }>(
      `delete from ${this.#table}
        where id = any($1::uuid[]) and (claimed_at is null or answer is not null)
        returning id, answer`,
      [ids],
    )
    const states = new Map<string, Withdrawn>()
    for (const { id, answer } of rows) {
      states.set(id, answer === null ? { state: 'unclaimed' } : { state: 'answered', answer })
    }
    // Claimed before, or just now: then only a statement of its own sees it.
    const rest = ids.filter((id) => !states.has(id))
    if (rest.length > 0) {
      const claimed = await this.#query<{ id: string }>(
        `select id from ${this.#table} where id = any($1::uuid[])`,
        [rest],
      )
      for (const { id } of claimed) states.set(id, { state: 'claimed' })
    }
    return ids.map((id) => states.get(id) ?? { state: 'lost' })
  }

  async #take(ids: readonly string[]): Promise<readonly unknown[]> {
    const rows = await this.#query<{ id: string; answer: unknown }>(
      `delete from ${this.#table} where id = any($1::uuid[]) returning id, answer`,
      [ids],
    )
    const answers = new Map(rows.map(({ id, answer }) => [id, answer ?? undefined]))
    return ids.map((id) => answers.get(id))
  }
}

/** Whether there is no such table, column or schema. */
function isMissing(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: unknown }
  return cause instanceof pg.DatabaseError && /^(?:42P01|42703|3F000)$/.test(cause.code ?? '')
}
