import { once } from 'node:events'
import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { FlaggingError } from '@flagging/core'
import pg from 'pg'
import { connectError, databaseError, lostConnection, noAnswer } from './database-errors.ts'

/** Runs one statement and gives its rows. */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>

/** How long what is under way holds up the end. */
const CLOSE_MS = 5000
/** How long a server has to hang up that was told goodbye. */
const GOODBYE_MS = 1000

/**
 * The connections to a database, made when they are needed. One that is lost, or that says nothing for
 * too long, fails what is asked on it and nothing else.
 */
export class Connections {
  readonly #pool: pg.Pool
  #isConnected = false
  /** Give up what is under way. */
  readonly #busy = new Set<(error: FlaggingError) => void>()
  /** Those that the server has not hung up. */
  readonly #sockets = new Set<Socket>()
  #closing: Promise<void> | undefined

  constructor(config: pg.PoolConfig) {
    this.#pool = new pg.Pool(config)
    // Idle clients: whoever asks next gets another one.
    this.#pool.on('error', () => {
      this.#isConnected = false
    })
    this.#pool.on('connect', ({ connection }) => {
      const socket = connection.stream as Socket
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Whether the last thing that was asked reached the server. */
  get isConnected(): boolean {
    return this.#isConnected
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
    await this.#hungUp()
  }

  /** Waits until the server has hung up. One that says nothing does not: then this end does. */
  async #hungUp(): Promise<void> {
    const open = [...this.#sockets]
    const timer = setTimeout(() => {
      for (const socket of open) socket.destroy()
    }, GOODBYE_MS)
    await Promise.allSettled(open.map((socket) => once(socket, 'close')))
    clearTimeout(timer)
  }

  /** @throws FlaggingError `ERR_FLAGGING_CLOSED` */
  checkOpen(): void {
    if (this.#closing) {
      throw new FlaggingError('ERR_FLAGGING_CLOSED', 'This PostgresLogger is closed: make another')
    }
  }

  /** Does something on a connection, which is closed where it is lost or says nothing for too long. */
  async use<T>(patienceMs: number, work: (query: Query) => Promise<T>): Promise<T> {
    this.checkOpen()
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
      const result = await Promise.race([started(client, work), silence])
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

/** Has a new connection speak as ours do. */
export async function begin(client: pg.ClientBase): Promise<void> {
  if (sessions.has(client)) return
  await client.query(SESSION)
  sessions.add(client)
}

async function started<T>(client: pg.ClientBase, work: (query: Query) => Promise<T>): Promise<T> {
  await begin(client)
  return work(queryOn(client))
}

function queryOn(client: pg.ClientBase): Query {
  return async <Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    const { rows } = await client.query<Row>(text, values as unknown[])
    return rows
  }
}
