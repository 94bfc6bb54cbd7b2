import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Flagging, FlaggingOptions } from '@flagging/core'
import { onTestFinished } from 'vitest'
import type { Server } from '../../../../test/contract/host.ts'
import { type Answer, postJSON, recordsOf, send } from '../../../../test/contract/wire.ts'
import { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrations.ts'
import type { PassingOptions } from '../../src/passing/passing.ts'
import { createDatabase } from '../servers/database.ts'
import { InstanceProcess, type InstanceJob } from './instance-process.ts'
import { PassingLogger } from './passing-logger.ts'
import { type Framework, serveInstance } from './serve-instance.ts'

/** An id that nobody has given out. */
export const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA'

/** One instance of an API, as far as a test looks into it. */
export interface Instance {
  readonly server: Server
  readonly flagging: Flagging
  readonly logger: PassingLogger
  /** What went to its `onError`. */
  readonly errors: unknown[]
}

/** The instances of an API, with a database and a directory that they share. */
export class Instances {
  readonly url: string
  readonly dir: string
  /** For looking into the database. */
  readonly database: Database
  #started = 0
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(url: string, dir: string) {
    this.url = url
    this.dir = dir
    this.database = new Database(url, 'flagging')
  }

  /** @param url the address of an empty database; by default one of the server that all tests share */
  static async make(url?: string): Promise<Instances> {
    const dir = await mkdtemp(join(tmpdir(), 'flagging-passing-'))
    const instances = new Instances(url ?? (await createDatabase()), dir)
    onTestFinished(() => instances.#end())
    await migrate(instances.database, 'month')
    return instances
  }

  /** Starts one, on Express and Hono in turn. */
  async start(
    options: FlaggingOptions<object> = {},
    passing: Partial<PassingOptions> = {},
    url: string = this.url,
  ): Promise<Instance> {
    const errors: unknown[] = []
    const logger = new PassingLogger(url, passing)
    const { server, flagging } = await serveInstance(this.#nextFramework, {
      dir: this.dir,
      callback: logger,
      onError: (error: unknown) => void errors.push(error),
      ...options,
    })
    this.#closing.push(async () => {
      await server.close()
      await flagging.close()
    })
    return { server, flagging, logger, errors }
  }

  /** Starts one in a process of its own, on Express and Hono in turn. */
  async spawn(
    passing: InstanceJob['passing'] = {},
    url: string = this.url,
  ): Promise<InstanceProcess> {
    const { dir } = this
    return InstanceProcess.start({ url, dir, framework: this.#nextFramework, passing })
  }

  /** Everything that is stored, by column. */
  async rows(): Promise<Record<string, string>[]> {
    return recordsOf(await readFile(join(this.dir, 'logs.csv'), 'utf8'))
  }

  /** How many calls the database holds. */
  async calls(): Promise<number> {
    return (await this.database.query('select from flagging.calls')).length
  }

  /** How many connections there are to the database beside the one that looks. */
  async connections(): Promise<number> {
    const others = await this.database.query(
      `select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
          and backend_type = 'client backend'`,
    )
    return others.length
  }

  get #nextFramework(): Framework {
    return this.#started++ % 2 === 0 ? 'express' : 'hono'
  }

  async #end(): Promise<void> {
    try {
      for (const close of this.#closing) await close()
      await this.database.close()
    } finally {
      await rm(this.dir, { recursive: true, force: true })
    }
  }
}

/** What is asked over HTTP, wherever it runs. */
interface Served {
  readonly server: Server
}

/** Makes an interaction, and gives its id. */
export async function served({ server }: Served, user?: string): Promise<string> {
  const sample = { num1: 5, operation: 'add', num2: 7 }
  return (await send(server, '/calculate', postJSON(sample, by(user)))).id ?? ''
}

/** Flags by an id. */
export function flag(
  { server }: Served,
  id: string,
  more: object = {},
  user?: string,
): Promise<Answer> {
  return send(server, '/flag', postJSON({ id, ...more }, by(user)))
}

/** Takes flags back by an id. */
export function unflag({ server }: Served, id: string, user?: string): Promise<Answer> {
  return send(server, `/flag/${id}`, { method: 'DELETE', headers: by(user) })
}

/** What an answer says, for comparisons. */
export function told({ status, json }: Answer): [status: number, body: unknown] {
  return [status, json()]
}

function by(user: string | undefined): Record<string, string> {
  return user === undefined ? {} : { 'x-user': user }
}
