import { once } from 'node:events'
import { type Socket, createConnection, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { FlaggingError } from '@flagging/core'
import pg from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { Database, isTransient } from '../../src/database/database.ts'
import { isOfTheSetup } from '../../src/database/transient.ts'
import { createDatabase } from '../servers/database.ts'

async function connect(given?: string | pg.PoolConfig): Promise<Database> {
  const database = new Database(given ?? (await createDatabase()), 'flagging')
  onTestFinished(() => database.close())
  return database
}

async function failure(work: Promise<unknown>): Promise<FlaggingError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FlaggingError)
  return error as FlaggingError
}

/** What fails unseen would end the process. */
function noUncaught(): unknown[] {
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', note).on('unhandledRejection', note)
  onTestFinished(() => void process.off('uncaughtException', note).off('unhandledRejection', note))
  return uncaught
}

const PID = 'select pg_backend_pid() as pid'
const TERMINATE = 'select pg_terminate_backend($1)'

describe('Database', () => {
  test('what takes too long is given up by the server, and the connection goes on', async () => {
    const database = await connect({ connectionString: await createDatabase(), max: 1 })
    const error = await failure(database.query('select pg_sleep(60)', [], { timeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'ERR_FLAGGING_STORE', cause: { code: '57014' } })
    expect(isTransient(error)).toBe(true)
    await expect(database.query('select 1 as one')).resolves.toEqual([{ one: 1 }])
  })

  test('a server that says nothing is given up, and a new connection made', async () => {
    const database = await connect({ connectionString: await createDatabase(), max: 1 })
    const [before] = await database.query(PID)
    const error = await failure(database.query('select pg_sleep(60)', [], { waitMs: 50 }))
    expect(error.message).toContain('has not answered')
    expect(isTransient(error)).toBe(true)
    expect(await database.query(PID)).not.toEqual([before])
  })

  test('what accepts connections and is no server is given up, too', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const database = await connect({ host: '127.0.0.1', port, connectionTimeoutMillis: 100 })
    expect(isTransient(await failure(database.query('select 1')))).toBe(true)
    expect(isTransient(await failure(database.client()))).toBe(true)
    expect(database.isConnected).toBe(false)
  })

  test('connections are closed, also where the server no longer says a word', async () => {
    let isSilent = false
    let ends: readonly [Socket, Socket] | undefined
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const there = createConnection(inject('postgresPort'), '127.0.0.1')
      ends = [client, there]
      client.on('data', (bytes) => void (isSilent || there.write(bytes)))
      there.on('data', (bytes) => void client.write(bytes))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const end of ends ?? []) end.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const database = new Database(`postgres://postgres@127.0.0.1:${port}/postgres`, 'flagging')
    await database.query('select 1')
    isSilent = true
    await database.close()
    const client = ends?.[0] as Socket
    let isGone = false
    client.on('error', () => (isGone = true))
    const isGoneNow = (): boolean => {
      client.write('N')
      return isGone
    }
    await expect.poll(isGoneNow).toBe(true)
  })

  test('connections that are cut, busy or idle, fail what is asked on them and nothing else', async () => {
    const uncaught = noUncaught()
    const url = await createDatabase()
    const [database, other] = [await connect(url), await connect(url)]
    const cut = database.transaction(async (query) => {
      const [{ pid } = { pid: 0 }] = await query<{ pid: number }>(PID)
      await other.query(TERMINATE, [pid])
      await query('select 1')
    })
    expect(isTransient(await failure(cut))).toBe(true)
    const [{ pid } = { pid: 0 }] = await database.query<{ pid: number }>(PID)
    await other.query(TERMINATE, [pid])
    await expect.poll(() => database.isConnected).toBe(false)
    await expect(database.query('select 1 as one')).resolves.toEqual([{ one: 1 }])
    expect(uncaught).toEqual([])
  })

  test('a transaction is undone by what throws in it', async () => {
    const database = await connect()
    await database.query('create table t (n integer)')
    const mine = new Error('mine')
    const error = await failure(
      database.transaction(async (query) => {
        await query('insert into t values (1)')
        throw mine
      }),
    )
    expect(error.cause).toBe(mine)
    await expect(database.query('select * from t')).resolves.toEqual([])
  })

  test('values are read as they are, whatever the host or the server says of types', async () => {
    const url = await createDatabase()
    const admin = await connect(url)
    await admin.query(`alter database ${new URL(url).pathname.slice(1)} set datestyle = 'German'`)
    for (const oid of [20, 1184, 3802]) {
      const known = pg.types.getTypeParser(oid)
      pg.types.setTypeParser(oid, () => 'host')
      onTestFinished(() => pg.types.setTypeParser(oid, known))
    }
    const database = await connect(url)
    const [row] = await database.query(
      `select 5::bigint as n, '{"a":[1]}'::jsonb as j, 1.5::float8 as f, true as b,
        '2026-03-04 05:06:07.089+00'::timestamptz as at, null::timestamptz as never`,
    )
    const at = new Date('2026-03-04T05:06:07.089Z')
    expect(row).toEqual({ n: 5, j: { a: [1] }, f: 1.5, b: true, at, never: null })
    await database.query("set timezone = 'Asia/Kolkata'")
    const [moved] = await database.query("select '2026-03-04 05:06:07.089+00'::timestamptz as at")
    expect(moved).toEqual({ at })
  })

  test("a connection of one's own hears what is told", async () => {
    const database = await connect()
    const client = await database.client()
    await client.query('listen here')
    const heard = once(client, 'notification')
    await database.query("select pg_notify('here', 'hello')")
    await expect(heard).resolves.toEqual([expect.objectContaining({ payload: 'hello' })])
    await client.end()
  })

  test('is used no more once it is closed', async () => {
    const database = await connect()
    await database.close()
    const closed = { code: 'ERR_FLAGGING_CLOSED' }
    await expect(database.query('select 1')).rejects.toMatchObject(closed)
    await expect(database.client()).rejects.toMatchObject(closed)
  })
})

describe('isTransient', () => {
  test.each([
    ['select 1/0', 'row'],
    [`select '{"a'::jsonb`, 'row'],
    [`select repeat('[', 100000)::jsonb`, 'row'],
    ['insert into t values (null)', 'row'],
    ['select * from no_such_table', 'setup'],
    ['select no_such_function()', 'setup'],
    ["do $$ begin raise exception using errcode = '40P01'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = '40001'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = '53100'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = '53300'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = '25006'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = '57P01'; end $$", 'passing'],
    ["do $$ begin raise exception using errcode = 'XX000'; end $$", 'passing'],
  ])('%s: %s', async (statement, fault) => {
    const database = await connect()
    await database.query('create table t (n integer not null)')
    const error = await failure(database.query(statement))
    expect([isTransient(error), isOfTheSetup(error)]).toEqual([fault !== 'row', fault === 'setup'])
  })

  test('of a server that is away, a role or a database that is not there: yes', async () => {
    const url = await createDatabase()
    const away = ['postgres://127.0.0.1:1/db', url.replace('postgres@', 'nobody@'), `${url}_not`]
    for (const one of away) {
      expect(isTransient(await failure((await connect(one)).query('select 1')))).toBe(true)
    }
  })

  test('of anything else: no', () => {
    const others = [new Error('x'), new TypeError('x'), 'x', null, undefined, { code: 'E_OTHER' }]
    expect(others.filter(isTransient)).toEqual([])
    expect(isTransient(new FlaggingError('ERR_FLAGGING_BAD_REQUEST', 'x'))).toBe(false)
  })
})
