import type { Socket } from 'node:net'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import type { FlaggingError } from '@flagging/core'
import type pg from 'pg'
import { databaseError, lostConnection, noAnswer } from '../database/database-errors.ts'
import { quoted } from '../database/names.ts'
import { Deadline, LATE } from './deadline.ts'

/** How long a server may be silent that was asked something small. */
const SILENT_MS = 5000
/** How often a connection is tried of which the network says nothing. */
const HEARTBEAT_MS = 5000
const CONNECT_MS = 10_000
const GOODBYE_MS = 1000

/**
 * What the server or the host says of sessions must not change what ours means: each statement sees
 * what was there before it, and no connection is closed for listening only.
 */
const SESSION = `set session characteristics as transaction isolation level read committed;
  set statement_timeout = ${SILENT_MS}; set idle_session_timeout = 0;`

/** What is heard on a channel. */
export interface Channel {
  readonly name: string
  readonly heard: (payload: string) => void
  readonly onError: (error: unknown) => void
}

/** A connection that listens to a channel, until it is lost. It keeps no process from ending. */
export class ListeningClient {
  /** Why it was lost, once it is. It never rejects. */
  readonly lost: Promise<FlaggingError>
  readonly #client: pg.Client
  readonly #heartbeat: NodeJS.Timeout
  #lose: (error: FlaggingError) => void = () => undefined
  /** Ends the wait for the statement that runs. */
  #giveUp: (error: FlaggingError) => void = () => undefined
  #failure: FlaggingError | undefined
  #turn: Promise<unknown> = Promise.resolve()
  /** Statements since the last beat. */
  #asked = 0

  private constructor(client: pg.Client, { name, heard, onError }: Channel) {
    this.#client = client
    this.lost = new Promise((resolve) => {
      this.#lose = (error) => {
        this.#failure ??= error
        this.#giveUp(error)
        resolve(error)
      }
    })
    const dropped = (error?: Error): void => {
      this.#lose(lostConnection(error ?? new Error('Connection terminated')))
    }
    client.on('error', dropped)
    client.on('end', dropped)
    client.on('notification', ({ channel, payload }) => {
      try {
        if (channel === name) heard(payload ?? '')
      } catch (error) {
        onError(error)
      }
    })
    ;(client.connection.stream as Socket).unref()
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref()
  }

  /**
   * Listens on a new connection.
   * @throws FlaggingError `ERR_FLAGGING_STORE`
   */
  static async open(connect: () => Promise<pg.Client>, channel: Channel): Promise<ListeningClient> {
    const client = await connected(connect)
    const one = new ListeningClient(client, channel)
    try {
      const [backend] = await one.query<{ pid: number }>('select pg_backend_pid() as pid')
      // Behind a pool, which has numbers of its own, a session may be that of others as well.
      const isOwn = backend?.pid === (client as { readonly processID?: number }).processID
      await one.query(`${isOwn ? SESSION : ''}listen ${quoted(channel.name)}`)
      return one
    } catch (error) {
      await one.end()
      throw error
    }
  }

  /**
   * Runs one statement, after those before it. Where the server is silent, the connection is lost.
   * @throws FlaggingError `ERR_FLAGGING_STORE`; what a lost connection was asked may have been done
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const answer = this.#turn.then(() => this.#query<Row>(text, values))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  /** Ends the connection, and what is asked on it; it never rejects. */
  async end(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#lose(lostConnection(new Error('Connection ended')))
    await ended(this.#client)
  }

  async #query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    if (this.#failure) throw this.#failure
    this.#asked++
    const timer = setTimeout(() => this.#lose(noAnswer(SILENT_MS)), SILENT_MS + GOODBYE_MS)
    try {
      const { rows } = await new Promise<pg.QueryResult<Row>>((resolve, reject) => {
        this.#giveUp = reject
        this.#client.query<Row>(text, values as unknown[]).then(resolve, reject)
      })
      return rows
    } catch (error) {
      throw this.#failure ?? databaseError(error)
    } finally {
      clearTimeout(timer)
    }
  }

  #beat(): void {
    const isIdle = this.#asked === 0
    this.#asked = 0
    // Whatever comes of it: a silent server loses the connection.
    if (isIdle) this.query('select').catch(() => undefined)
  }
}

async function connected(connect: () => Promise<pg.Client>): Promise<pg.Client> {
  const connecting = connect()
  const deadline = new Deadline(CONNECT_MS, false)
  try {
    const client = await deadline.race(connecting)
    if (client !== LATE) return client
    // It may still come.
    connecting.then(ended).catch(() => undefined)
    throw noAnswer(CONNECT_MS)
  } finally {
    deadline.end()
  }
}

/** Says goodbye, and hangs up where nobody answers; what goes wrong then is of no interest. */
async function ended(client: pg.Client): Promise<void> {
  client.on('error', () => undefined)
  const deadline = new Deadline(GOODBYE_MS, false)
  try {
    await deadline.race(client.end())
  } catch {
    // It is gone.
  } finally {
    deadline.end()
    client.connection.stream.destroy()
  }
}
