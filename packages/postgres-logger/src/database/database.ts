import pg from 'pg'
import { type Connection, poolConfig } from './connection.ts'
import { Connections, type Query, begin } from './connections.ts'
import { connectError } from './database-errors.ts'
import { type Names, namesOf } from './names.ts'

export type { Query } from './connections.ts'
export { isTransient } from './transient.ts'

/** How long something may take. */
export interface Patience {
  /** Milliseconds until the server is told to stop, and soon afterwards is no longer waited for. Default 30,000. */
  readonly timeoutMs?: number | undefined
}

/** How long the answer to one statement may take. */
export interface QueryPatience extends Patience {
  /** Milliseconds until the connection is given up; what was asked may be done all the same. Default 31,000. */
  readonly waitMs?: number | undefined
}

const PATIENCE_MS = 30_000
/** What an answer may take on its way. */
const GRACE_MS = 1000
const BEGIN = 'begin isolation level read committed'

/**
 * A database and the connections to it. Nothing is connected before something is asked. A connection
 * that is lost fails what is asked on it and nothing else.
 */
export class Database implements Names {
  readonly name: string
  readonly viewsName: string
  readonly schema: string
  readonly views: string
  readonly #config: pg.PoolConfig
  readonly #connections: Connections

  /**
   * @param schema the name of the schema; see {@link namesOf}
   * @throws FlaggingError `ERR_FLAGGING_OPTION`
   */
  constructor(connection: Connection, schema: string) {
    const names = namesOf(schema)
    this.name = names.name
    this.viewsName = names.viewsName
    this.schema = names.schema
    this.views = names.views
    this.#config = poolConfig(connection)
    this.#connections = new Connections(this.#config)
  }

  /** Whether the last thing that was asked reached the server. */
  get isConnected(): boolean {
    return this.#connections.isConnected
  }

  /** The server, the database and the schema, without who asks: what tells one store from another. */
  get address(): string {
    const { host, port, database = '' } = new pg.Client(this.#config)
    return `${host}:${port}/${database}/${this.name}`
  }

  /**
   * Runs one statement; with a `timeoutMs` the server gives up after it, too. A value that is an object
   * or a list is given as JSON or as an array of PostgreSQL, as `pg` does.
   * @throws FlaggingError `ERR_FLAGGING_STORE`; see `isTransient`
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    { timeoutMs, waitMs = PATIENCE_MS + GRACE_MS }: QueryPatience = {},
  ): Promise<Row[]> {
    if (timeoutMs !== undefined) {
      return this.transaction((query) => query<Row>(text, values), { timeoutMs })
    }
    return this.#connections.use(waitMs, (query) => query<Row>(text, values))
  }

  /**
   * Does something in one transaction, which is undone where it throws. Each statement sees what was
   * there before it, whatever the server's default is: also what somebody did who was waited for.
   */
  transaction<T>(work: (query: Query) => Promise<T>, patience: Patience = {}): Promise<T> {
    const timeoutMs = Math.max(1, Math.ceil(patience.timeoutMs ?? PATIENCE_MS))
    return this.#connections.use(timeoutMs + GRACE_MS, async (query) => {
      await query(`${BEGIN}; set local statement_timeout = ${timeoutMs}`)
      try {
        const result = await work(query)
        await query('commit')
        return result
      } catch (error) {
        // What has gone wrong says more than that this goes wrong, too.
        await query('rollback').catch(() => undefined)
        throw error
      }
    })
  }

  /**
   * A new connection of one's own. Whoever takes it looks at its `error` events, and ends it.
   * @throws FlaggingError `ERR_FLAGGING_STORE`
   */
  async client(): Promise<pg.Client> {
    this.#connections.checkOpen()
    try {
      const client = new pg.Client(this.#config)
      // Also where it is lost before whoever takes it can look.
      const swallow = (): void => undefined
      client.on('error', swallow)
      try {
        await client.connect()
        await begin(client)
      } catch (error) {
        client.end().catch(swallow)
        throw error
      }
      return client
    } catch (error) {
      throw connectError(error)
    }
  }

  /** Waits for what is under way, for some seconds at most, and closes all connections. */
  close(): Promise<void> {
    return this.#connections.close()
  }
}
