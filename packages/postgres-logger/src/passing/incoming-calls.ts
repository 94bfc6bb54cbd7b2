import { Batches } from './batches.ts'
import type { CallTable } from './call-table.ts'
import type { Call } from './outgoing-calls.ts'

/** Whoever asked longer ago waits no longer. */
const RECENT_SECONDS = 60

/** What an instance is asked, as the database knows it. */
export class IncomingCalls {
  readonly #table: CallTable
  readonly #claims: Batches<string, unknown>
  readonly #answers: Batches<{ id: string; answer: unknown }, void>

  constructor(table: CallTable) {
    this.#table = table
    this.#claims = new Batches((ids) => this.#claim(ids))
    this.#answers = new Batches((answers) => this.#answer(answers))
  }

  /** Claims a call and gives its request; `undefined` where it is claimed or taken back. */
  claim(id: string, isWanted: () => boolean): Promise<unknown> {
    return this.#claims.add(id, isWanted)
  }

  /** Answers a call that was claimed, and tells all instances of it. */
  answer(id: string, answer: unknown): Promise<void> {
    return this.#answers.add({ id, answer })
  }

  /** The calls of late that nobody has claimed. */
  unclaimed(): Promise<readonly Omit<Call, 'request'>[]> {
    return this.#table.query(
      `select id, interaction from ${this.#table.name}
        where claimed_at is null and asked_at > now() - make_interval(secs => $1)`,
      [RECENT_SECONDS],
    )
  }

  async #claim(ids: readonly string[]): Promise<readonly unknown[]> {
    const { name } = this.#table
    // One that is locked is being taken back, or claimed by somebody else.
    const rows = await this.#table.query<{ id: string; request: unknown }>(
      `update ${name} set claimed_at = now()
        where id in (
          select id from ${name}
            where id = any($1::uuid[]) and claimed_at is null for update skip locked
        )
        returning id, request`,
      [ids],
    )
    const requests = new Map(rows.map(({ id, request }) => [id, request]))
    return ids.map((id) => requests.get(id))
  }

  async #answer(answers: readonly { id: string; answer: unknown }[]): Promise<readonly void[]> {
    await this.#table.query(
      `with answered as (
        update ${this.#table.name} as call set answer = given.answer::json
          from unnest($1::uuid[], $2::text[]) as given (id, answer)
          where call.id = given.id
          returning call.id
      )
      select pg_notify($3, id::text) from answered`,
      [
        answers.map(({ id }) => id),
        answers.map(({ answer }) => JSON.stringify(answer)),
        this.#table.channel,
      ],
    )
    return []
  }
}
