import pg from 'pg'
import { notMigrated } from '../database/database-errors.ts'
import { SCHEMA_VERSION } from '../database/migrations.ts'
import type { CallConnection } from './call-connection.ts'

/** Calls whose askers have died are of no use to anybody. */
const OLD_SECONDS = 300

/**
 * The table `calls`, in which each change is one statement: a call is claimed by one instance or taken
 * back, never both. Calls and answers are told to all on the channel of the connection, by their ids.
 */
export class CallTable {
  /** Ready to stand in SQL. */
  readonly name: string
  readonly channel: string
  readonly #connection: CallConnection

  /** @param schema quoted */
  constructor(connection: CallConnection, schema: string, channel: string) {
    this.#connection = connection
    this.name = `${schema}.calls`
    this.channel = channel
  }

  /**
   * Runs one statement.
   * @throws FlaggingError `ERR_FLAGGING_STORE`; it may have been done
   */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.#connection.query<Row>(text, values)
    } catch (error) {
      throw isMissing(error) ? notMigrated(0, SCHEMA_VERSION) : error
    }
  }

  /** Deletes what nobody waits for any longer, and says whether anything is left. */
  async clean(): Promise<boolean> {
    await this.query(
      `delete from ${this.name} where asked_at < now() - make_interval(secs => $1)`,
      [OLD_SECONDS],
    )
    const left = await this.query(`select from ${this.name} limit 1`)
    return left.length > 0
  }
}

/** Whether there is no such table, column or schema. */
function isMissing(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: unknown }
  return cause instanceof pg.DatabaseError && /^(?:42P01|42703|3F000)$/.test(cause.code ?? '')
}
