import { clearTimeout, setTimeout } from 'node:timers'
import { FlaggingError } from '@flagging/core'
import pg from 'pg'
import { type Connection, poolConfig } from './connection.ts'
import { connectError, databaseError, lostConnection, noAnswer } from './database-errors.ts'
import { type Names, namesOf } from './names.ts'

export { isTransient } from './transient.ts'

/** Runs one statement and gives its rows. */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>

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
/** How long what is under way holds up the end. */
const CLOSE_MS = 5000

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
  readonly #pool: pg.Pool
  #isConnected = false
  /** Give up what is under way. */
  readonly #busy = new Set<(error: FlaggingError) => void>()
  #closing: Promise<void> | undefined

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
    this.#pool = new pg.Pool(this.#config)
    // Idle clients: whoever asks next gets another one.
    this.#pool.on('error', () => {
      this.#isConnected = false
    })
  }

  /** Whether the last thing that was asked reached the server. */
  get isConnected(): boolean {
    return this.#isConnected
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
    return this.#with(waitMs, (query) => query<Row>(text, values))
  }

  /** Does something in one transaction, which is undone where it throws. */
  transaction<T>(work: (query: Query) => Promise<T>, patience: Patience = {}): Promise<T> {
    const timeoutMs = Math.max(1, Math.ceil(patience.timeoutMs ?? PATIENCE_MS))
    return this.#with(timeoutMs + GRACE_MS, async (query) => {
      await query(`begin; set local statement_timeout = ${timeoutMs}`)
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
   * A new connection of one's own. Whoever takes it handles its `error` events, and ends it.
   * @throws FlaggingError `ERR_FLAGGING_STORE`
   */
  async client(): Promise<pg.Client> {
    this.#checkOpen()
    try {
      const client = new pg.Client(this.#config)
      const swallow = (): void => undefined
      client.on('error', swallow)
      try {
        await client.connect()
        await client.query(SESSION)
      } catch (error) {
        client.end().catch(swallow)
        throw error
      }
      client.off('error', swallow)
      return client
    } catch (error) {
      throw connectError(error)
    }
  }

  /** Waits for what is under way, for some seconds at most, and closes all connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => {
      for (const lose of this.#busy) lose(noAnswer(CLOSE_MS))
    }, CLOSE_MS)
    await this.#pool.end()
    clearTimeout(timer)
  }

  #checkOpen(): void {
    if (this.#closing) {
      throw new FlaggingError('ERR_FLAGGING_CLOSED', 'This PostgresLogger is closed: make another')
    }
  }

  /** Does something on a connection, which is closed where it is lost or says nothing for too long. */
  async #with<T>(patienceMs: number, work: (query: Query) => Promise<T>): Promise<T> {
    this.#checkOpen()
    let lost: FlaggingError | undefined
    let lose = (error: FlaggingError): void => void error
    const silence = new Promise<never>((_, reject) => {
      lose = (error) => reject((lost ??= error))
    })
    silence.catch(() => undefined)
    const timer = setTimeout(() => lose(noAnswer(patienceMs)), patienceMs)
    this.#busy.add(lose)
    let client: pg.PoolClient | undefined
    const dropped = (error: Error): void => lose(lostConnection(error))
    try {
      client = await Promise.race([this.#connected(silence), silence])
      client.on('error', dropped)
      const result = await Promise.race([begun(client).then(() => work(queryOn(client!))), silence])
      this.#isConnected = true
      return result
    } catch (error) {
      this.#isConnected = client !== undefined && lost === undefined
      throw databaseError(lost ?? error)
    } finally {
      clearTimeout(timer)
      this.#busy.delete(lose)
      client?.off('error', dropped)
      // One that is in the middle of something is closed at once.
      client?.release(lost ?? client.getTransactionStatus() !== 'I')
    }
  }

  /** @param silence rejects when nobody waits any longer: whoever comes later is sent back */
  async #connected(silence: Promise<never>): Promise<pg.PoolClient> {
    let isLate = false
    silence.catch(() => (isLate = true))
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw connectError(error)
    }
    if (isLate) client.release()
    return client
  }
}

/** How times are written is the server's to say otherwise. */
const SESSION = "set datestyle = 'ISO'"
const sessions = new WeakSet<pg.ClientBase>()

async function begun(client: pg.ClientBase): Promise<void> {
  if (sessions.has(client)) return
  await client.query(SESSION)
  sessions.add(client)
}

function queryOn(client: pg.ClientBase): Query {
  return async <Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    const { rows } = await client.query<Row>(text, values as unknown[])
    return rows
  }
}
