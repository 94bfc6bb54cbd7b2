import { Batches } from './batches.ts'
import type { CallTable } from './call-table.ts'

/** A call to whichever instance holds an interaction. */
export interface Call {
  readonly id: string
  readonly interaction: string
  /** JSON. */
  readonly request: unknown
}

/**
 * What has become of a call that is taken back: nobody had claimed it, and nobody can any longer;
 * somebody has, or has answered it; or it is not there, since the server has lost it, or this was asked
 * before.
 */
export type Withdrawn = 'unclaimed' | 'claimed' | 'answered' | 'lost'

/** The calls of this instance, as the database knows them. */
export class OutgoingCalls {
  readonly #table: CallTable
  readonly #made: Batches<Call, void>
  readonly #withdrawn: Batches<string, Withdrawn>
  readonly #read: Batches<string, unknown>
  readonly #forgotten: Batches<string, void>

  constructor(table: CallTable) {
    this.#table = table
    this.#made = new Batches((calls) => this.#make(calls))
    this.#withdrawn = new Batches((ids) => this.#withdraw(ids))
    this.#read = new Batches((ids) => this.#answersOf(ids))
    this.#forgotten = new Batches((ids) => this.#forget(ids))
  }

  /** Writes a call down and tells all instances of it; the same again changes nothing. */
  make(call: Call, isWanted: () => boolean): Promise<void> {
    return this.#made.add(call, isWanted)
  }

  /** Takes a call back, unless somebody has claimed it. */
  withdraw(id: string): Promise<Withdrawn> {
    return this.#withdrawn.add(id)
  }

  /** The answer to a call; `undefined` where there is none. */
  answerOf(id: string): Promise<unknown> {
    return this.#read.add(id)
  }

  /** Deletes a call, whatever its state. */
  forget(id: string): Promise<void> {
    return this.#forgotten.add(id)
  }

  /** Which of these calls are answered. */
  async answered(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#table.query<{ id: string }>(
      `select id from ${this.#table.name} where id = any($1::uuid[]) and answer is not null`,
      [ids],
    )
    return rows.map(({ id }) => id)
  }

  async #make(calls: readonly Call[]): Promise<readonly void[]> {
    const { name, channel } = this.#table
    await this.#table.query(
      `with made as (
        insert into ${name} (id, interaction, request)
        select id, interaction, request::json
          from unnest($1::uuid[], $2::text[], $3::text[]) as call (id, interaction, request)
        on conflict (id) do nothing
        returning id, interaction
      )
      select pg_notify($4, id || ' ' || interaction) from made`,
      [
        calls.map(({ id }) => id),
        calls.map(({ interaction }) => interaction),
        calls.map(({ request }) => JSON.stringify(request)),
        channel,
      ],
    )
    return []
  }

  async #withdraw(ids: readonly string[]): Promise<readonly Withdrawn[]> {
    const { name } = this.#table
    const states = new Map<string, Withdrawn>()
    const gone = await this.#table.query<{ id: string }>(
      `delete from ${name} where id = any($1::uuid[]) and claimed_at is null returning id`,
      [ids],
    )
    for (const { id } of gone) states.set(id, 'unclaimed')
    // Claimed before, or just now: then only a statement of its own sees it.
    const rest = ids.filter((id) => !states.has(id))
    if (rest.length > 0) {
      const left = await this.#table.query<{ id: string; answered: boolean }>(
        `select id, answer is not null as answered from ${name} where id = any($1::uuid[])`,
        [rest],
      )
      for (const { id, answered } of left) states.set(id, answered ? 'answered' : 'claimed')
    }
    return ids.map((id) => states.get(id) ?? 'lost')
  }

  async #answersOf(ids: readonly string[]): Promise<readonly unknown[]> {
    const rows = await this.#table.query<{ id: string; answer: unknown }>(
      `select id, answer from ${this.#table.name} where id = any($1::uuid[])`,
      [ids],
    )
    const answers = new Map(rows.map(({ id, answer }) => [id, answer ?? undefined]))
    return ids.map((id) => answers.get(id))
  }

  async #forget(ids: readonly string[]): Promise<readonly void[]> {
    await this.#table.query(`delete from ${this.#table.name} where id = any($1::uuid[])`, [ids])
    return []
  }
}
