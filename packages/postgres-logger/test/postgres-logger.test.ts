import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Component, FlagDetails, FlaggedFile } from '@flagging/core'
import { type CallbackHost, SourceFile, memorySource } from '@flagging/core/store'
import {
  DirectoryFiles,
  PostgresLogger,
  type PostgresLoggerOptions,
} from '@flagging/postgres-logger'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Database } from '../src/database/database.ts'
import { hashOfId } from '../src/samples/sample-id.ts'
import { CALCULATOR, temporaryFolder } from './samples/store.ts'
import { createDatabase } from './servers/database.ts'
import { startPostgres } from './servers/postgres.ts'

const DIR = '/srv/flagged'
const ENDPOINT = `${DIR}/calculate`

function host(dir = DIR): CallbackHost {
  return {
    dir,
    stores: true,
    holds: true,
    isHeld: () => false,
    flagHeld: () => undefined,
    unflagHeld: () => undefined,
  }
}

function details(given: Partial<FlagDetails> = {}): FlagDetails {
  const id = given.id ?? randomBytes(16).toString('base64url')
  return {
    components: CALCULATOR,
    dir: ENDPOINT,
    id,
    endpoint: 'calculate',
    method: 'POST',
    status: 200,
    startedAt: new Date('2026-03-04T05:06:07.089Z'),
    duration: 1.5,
    ended: 'complete',
    truncated: false,
    byHand: true,
    once: `${id} flagged`,
    ...given,
  }
}

/** A logger of a database of the test's own, and what it reports. */
async function connected(
  given: Partial<PostgresLoggerOptions> = {},
  dir = DIR,
): Promise<{ logger: PostgresLogger; url: string; errors: unknown[]; folder: string }> {
  const url = (given.connection as string | undefined) ?? (await createDatabase())
  const folder = temporaryFolder()
  const files = new DirectoryFiles(folder)
  const logger = new PostgresLogger({ connection: url, files, direct: true, ...given })
  const errors: unknown[] = []
  logger.onError = (error) => void errors.push(error)
  logger.attach(host(dir))
  onTestFinished(() => logger.close())
  return { logger, url, errors, folder }
}

async function select(url: string, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<object>(text, values)).rows
  } finally {
    await client.end()
  }
}

const flagged = (logger: PostgresLogger, at: number, given: Partial<FlagDetails> = {}) =>
  logger.flag([at, 'add', 0, at], null, null, details(given))

describe('PostgresLogger with `direct`', () => {
  test('stores a sample for an analyst to select, and counts it', async () => {
    const { logger, url, errors } = await connected()
    await logger.migrate()
    await logger.setup(CALCULATOR, ENDPOINT)
    const said = { comment: 'why?', correction: { Output: 13 } }
    const count = await logger.flag([5, 'add', 7, 12], 'incorrect', 'ada', details(said))
    expect(count).toBe(1)
    await expect(flagged(logger, 6)).resolves.toBe(2)
    await logger.close()
    expect(errors).toEqual([])
    expect(
      await select(
        url,
        `select num1, operation, "Output", flag_option, username, comment, correction, status
          from flagging_views.calculate order by num1`,
      ),
    ).toEqual([
      {
        num1: '5',
        operation: 'add',
        Output: '12',
        flag_option: 'incorrect',
        username: 'ada',
        status: 200,
        ...said,
      },
      {
        num1: '6',
        operation: 'add',
        Output: '6',
        flag_option: null,
        username: null,
        status: 200,
        comment: null,
        correction: null,
      },
    ])
  })

  test('is told to migrate, changes nothing before, and needs no more afterwards', async () => {
    const { logger, url } = await connected()
    await expect(logger.setup(CALCULATOR, ENDPOINT)).rejects.toThrow('run `await logger.migrate()`')
    await expect(flagged(logger, 1)).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    expect(await select(url, `select from pg_namespace where nspname like 'flagging%'`)).toEqual([])
    await logger.migrate()
    await logger.setup(CALCULATOR, ENDPOINT)
    await expect(flagged(logger, 1)).resolves.toBe(1)
  })

  test('a flag that is sent again, by whomever, is one row and the same count', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    const other = await connected({ connection: url })
    const same = { id: 'aaaaaaaaaaaaaaaaaaaaaa' }
    const counts = await Promise.all(
      [logger, other.logger, logger, other.logger].map((one) => flagged(one, 5, same)),
    )
    expect(counts).toEqual([1, 1, 1, 1])
    await expect(flagged(logger, 5, { ...same, once: 'another option' })).resolves.toBe(2)
  })

  test('many flags at a time share their commits, and each gets a count of its own dataset', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    const flags = Array.from({ length: 1000 }, (_, at) =>
      flagged(logger, at, at % 2 === 0 ? {} : { dir: DIR }),
    )
    const counts = await Promise.all(flags)
    expect(Math.max(...counts)).toBe(500)
    expect(logger.stats()).toMatchObject({ shipped: 1000, waiting: 0, isConnected: true })
    const [transactions] = await select(
      url,
      'select count(distinct xmin::text)::integer as n from flagging.samples',
    )
    expect((transactions as { n: number }).n).toBeLessThan(50)
    expect(await select(url, 'select folder, samples from flagging.datasets order by 1')).toEqual([
      { folder: '', samples: '500' },
      { folder: 'calculate', samples: '500' },
    ])
  })

  test('a sample that is refused takes none of those with it that came at the same time', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    await select(url, `alter table flagging.samples add check (comment <> 'refused')`)
    const flags = Array.from({ length: 20 }, (_, at) =>
      flagged(logger, at, { comment: at === 7 ? 'refused' : 'fine' }),
    )
    const settled = await Promise.allSettled(flags)
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_FLAGGING_STORE' }) },
    ])
    expect(logger.stats()).toMatchObject({ shipped: 19, refused: 1 })
  })

  test('goes on with the columns that were inferred before', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    await expect(logger.known(ENDPOINT)).resolves.toBeUndefined()
    const inferred: readonly Component[] = [
      { label: 'model', type: 'any', role: 'input', from: { body: 'model' } },
      { label: 'model 2', type: 'any', role: 'input', from: { query: 'model' } },
      { label: 'Output', type: 'any', role: 'output' },
    ]
    await logger.flag([1, 2, 3], null, null, details({ components: inferred }))
    const added = { label: 'late', type: 'any', role: 'input', from: { body: 'late' } } as const
    const wider = [...inferred.slice(0, 2), added, ...inferred.slice(2)]
    await logger.flag([1, 2, 4, 3], null, null, details({ components: wider }))
    const other = await connected({ connection: url })
    await expect(other.logger.known(ENDPOINT)).resolves.toEqual(wider)
  })

  test('fields of one name keep their columns, whichever was seen first', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    const seen = (...places: ('body' | 'query')[]) =>
      places.map((place, at): Component => {
        const label = at === 0 ? 'model' : `model ${at + 1}`
        return { label, type: 'any', role: 'input', from: { [place]: 'model' } as { body: string } }
      })
    const [first, second] = [seen('query', 'body'), seen('body', 'query')]
    await logger.flag(['of query', 'of body'], null, null, details({ components: first }))
    // Another instance that began when nothing was known, or while the database was away.
    await logger.flag(['of body', 'of query'], null, null, details({ components: second }))
    const rows = await select(url, 'select inputs from flagging.samples order by seq')
    expect(rows).toEqual([
      { inputs: { model: 'of query', 'model 2': 'of body' } },
      { inputs: { 'model 3': 'of body', 'model 2 2': 'of query' } },
    ])
    await expect(logger.known(ENDPOINT)).resolves.toEqual(first)
  })

  test('a view shows what came later behind what was there', async () => {
    const { logger, url, errors } = await connected()
    await logger.migrate()
    await flagged(logger, 1)
    const components: readonly Component[] = [
      { label: 'num1', type: 'any', role: 'input' },
      { label: 'im', type: 'image', role: 'input' },
      { label: 'is "it"?', type: 'checkbox', role: 'output' },
      { label: 'status', type: 'label', role: 'output' },
      { label: 'é'.repeat(40), type: 'text', role: 'output' },
    ]
    const picture: FlaggedFile = new SourceFile('a.png', 'image/png', memorySource(randomBytes(9)))
    await logger.flag(['five', picture, true, { cat: 1 }, 'x'], null, null, details({ components }))
    await logger.close()
    expect(errors).toEqual([])
    const rows = await select(
      url,
      `select num1, "Output", "num1 2", im, "is ""it""?", "status 2", "${'é'.repeat(31)}" as long
        from flagging_views.calculate order by num1`,
    )
    expect(rows).toEqual([
      {
        num1: '1',
        Output: '1',
        'num1 2': null,
        im: null,
        'is "it"?': null,
        'status 2': null,
        long: null,
      },
      {
        num1: null,
        Output: null,
        'num1 2': 'five',
        im: expect.stringMatching(
          /^calculate\/[\da-f]{2}\/2026\/03\/04\/[\w-]{22}\/im\.png$/,
        ) as string,
        'is "it"?': true,
        'status 2': { cat: 1 },
        long: 'x',
      },
    ])
  })

  test('views have names of their own, also where folders are called alike', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    for (const dir of [
      `${DIR}/samples`,
      DIR,
      `${DIR}/PUT.items.{id}`,
      `${DIR}/${'ü'.repeat(50)}`,
      `${DIR}/${'ü'.repeat(49)}`,
    ]) {
      await flagged(logger, 1, { dir })
    }
    await logger.close()
    const views = await select(
      url,
      `select viewname as name from pg_views where schemaname = 'flagging_views' order by 1`,
    )
    expect(views).toHaveLength(5)
    expect(views).toEqual(
      expect.arrayContaining([
        { name: 'samples' },
        { name: 'samples 2' },
        { name: 'PUT.items.{id}' },
      ]),
    )
    expect(await select(url, 'select num1 from flagging_views.samples')).toEqual([{ num1: '1' }])
  })

  test('deletes by interaction and user, or by key, with the files', async () => {
    const { logger, url, folder } = await connected()
    await logger.migrate()
    const components = [{ label: 'im', type: 'image', role: 'input' }] as const
    const file = (): FlaggedFile =>
      new SourceFile('a.png', 'image/png', memorySource(randomBytes(9)))
    const by = (username: string | null, id: string) =>
      logger.flag([file()], null, username, details({ components, id, once: `${id} ${username}` }))
    const [first, second] = ['a'.repeat(22), 'b'.repeat(22)] as const
    for (const username of ['ada', 'bob', null]) await by(username, first)
    await by('ada', second)
    await logger.flag(
      [file()],
      null,
      'ada',
      details({ components, id: first, byHand: false, once: 'auto' }),
    )
    const pictures = (): number =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (one) => one.isFile() && one.name.endsWith('.png'),
      ).length
    expect(pictures()).toBe(5)
    await expect(logger.remove(ENDPOINT, { id: first, username: 'ada' })).resolves.toBe(1)
    await expect(logger.remove(ENDPOINT, { id: first, username: null })).resolves.toBe(1)
    await expect(logger.remove(ENDPOINT, { id: first })).resolves.toBe(1)
    await expect(logger.remove(ENDPOINT, { id: first })).resolves.toBe(0)
    await expect(logger.remove(join(DIR, 'elsewhere'), { id: second })).resolves.toBe(0)
    expect(pictures()).toBe(2)
    const rows = (await select(url, 'select id, at from flagging.samples')) as {
      id: string
      at: Date
    }[]
    const keys = rows.map(({ id, at }) => ({
      log: 'samples',
      offset: at.getTime(),
      hash: hashOfId(id),
    }))
    await expect(
      logger.remove(ENDPOINT, { rows: [{ ...keys[0]!, log: 'logs.csv' }] }),
    ).rejects.toMatchObject({ code: 'ERR_FLAGGING_BAD_REQUEST' })
    await expect(logger.remove(ENDPOINT, { rows: [...keys, ...keys] })).resolves.toBe(2)
    expect(pictures()).toBe(0)
    expect(await select(url, 'select samples from flagging.datasets')).toEqual([{ samples: '0' }])
    // What was taken back may be flagged again.
    await expect(by('ada', second)).resolves.toBe(1)
  })

  test('closes, whoever keeps a view from being made', async () => {
    const { logger, url } = await connected()
    await logger.migrate()
    const other = new pg.Client(url)
    await other.connect()
    onTestFinished(() => other.end())
    const key = createHash('sha256').update('flagging\0flagging\0views').digest().readBigInt64BE()
    await other.query('begin')
    await other.query('select pg_advisory_xact_lock($1)', [key.toString()])
    await flagged(logger, 1)
    await logger.close()
    await other.query('commit')
    expect(await select(url, 'select view from flagging.datasets')).toEqual([{ view: null }])
  })

  test('several flaggings share one logger until the last is closed', async () => {
    const { logger } = await connected()
    logger.attach(host('/srv/other'))
    await logger.migrate()
    await logger.close()
    await expect(flagged(logger, 1)).resolves.toBe(1)
    await expect(flagged(logger, 1, { dir: '/srv/other/calculate' })).resolves.toBe(2)
    await logger.close()
    await expect(flagged(logger, 1)).rejects.toMatchObject({ code: 'ERR_FLAGGING_CLOSED' })
    expect(() => logger.attach(host('/srv/late'))).toThrow('is closed: make another one')
    await logger.close()
  })
})

describe('PostgresLogger with an outbox', () => {
  /** A logger in a flagged directory of the test's own. */
  async function boxed(
    given: Partial<PostgresLoggerOptions> & { readonly dir?: string } = {},
  ): Promise<Awaited<ReturnType<typeof connected>> & { dir: string }> {
    const { dir = temporaryFolder(), ...options } = given
    const made = await connected({ direct: false, ...options }, dir)
    return { ...made, dir }
  }
  const inDir = (dir: string, given: Partial<FlagDetails> = {}) => ({
    dir: join(dir, 'calculate'),
    ...given,
  })

  test('a flag needs no database, and no tables: they are stored when there are some', async () => {
    const { logger, url, errors, dir } = await boxed()
    await logger.setup(CALCULATOR, join(dir, 'calculate'))
    await expect(logger.known(join(dir, 'calculate'))).resolves.toBeUndefined()
    for (let at = 1; at <= 3; at++) {
      await expect(flagged(logger, at, inDir(dir))).resolves.toBe(at)
    }
    await expect.poll(() => logger.stats()).toMatchObject({ waiting: 3, isStalled: true })
    await expect.poll(() => String(errors)).toContain('run `await logger.migrate()`')
    await logger.migrate()
    await expect.poll(() => logger.stats()).toMatchObject({ waiting: 0, shipped: 3 })
    const rows = await select(
      url,
      'select num1 from flagging_views.calculate order by flagged_at, 1',
    )
    expect(rows).toEqual([{ num1: '1' }, { num1: '2' }, { num1: '3' }])
    await expect(flagged(logger, 4, inDir(dir))).resolves.toBe(4)
  })

  test('deletes also what was still waiting', async () => {
    const { logger, url, dir } = await boxed()
    await logger.migrate()
    const id = 'c'.repeat(22)
    await flagged(logger, 1, inDir(dir, { id }))
    await expect(logger.remove(join(dir, 'calculate'), { id })).resolves.toBe(1)
    expect(await select(url, 'select from flagging.samples')).toEqual([])
  })
})

describe('a server that comes and goes', () => {
  test('loses nothing that was acknowledged, and doubles nothing', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const { logger, errors } = await connected({ connection: server.url('postgres') })
    await logger.migrate()
    await logger.setup(CALCULATOR, ENDPOINT)
    const uncaught: unknown[] = []
    const note = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', note).on('unhandledRejection', note)
    onTestFinished(
      () => void process.off('uncaughtException', note).off('unhandledRejection', note),
    )
    const stored = new Set<number>()
    let next = 0
    let isOver = false
    const writing = Promise.all(
      Array.from({ length: 20 }, async () => {
        while (!isOver) {
          const at = next++
          await flagged(logger, at).then(
            () => stored.add(at),
            () => undefined,
          )
        }
      }),
    )
    for (let round = 1; round <= 3; round++) {
      const before = stored.size
      await expect.poll(() => stored.size).toBeGreaterThan(before + 100)
      await server.kill()
      await server.restart()
    }
    const last = stored.size
    await expect.poll(() => stored.size).toBeGreaterThan(last + 100)
    isOver = true
    await writing
    const rows = (await select(
      server.url('postgres'),
      'select num1::integer as n from flagging_views.calculate',
    )) as { n: number }[]
    const found = new Set(rows.map(({ n }) => n))
    expect([...stored].filter((at) => !found.has(at))).toEqual([])
    expect(rows).toHaveLength(found.size)
    expect(
      await select(server.url('postgres'), 'select samples::integer as n from flagging.datasets'),
    ).toEqual([{ n: rows.length }])
    expect(uncaught).toEqual([])
    expect(errors).toEqual([])
  }, 60_000)

  test('an idle connection that is lost troubles nobody, and a server that is away is a rejection', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const { logger } = await connected({ connection: server.url('postgres') })
    await logger.migrate()
    await flagged(logger, 1)
    await server.kill()
    await expect.poll(() => logger.stats().isConnected).toBe(false)
    await expect(flagged(logger, 2)).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    await server.restart()
    await expect(flagged(logger, 2)).resolves.toBe(2)
  }, 60_000)
})

test('a database that keeps a flag waiting is a rejection, and the same flag again one row', async () => {
  const { logger, url } = await connected()
  await logger.migrate()
  await flagged(logger, 1)
  const other = new pg.Client(url)
  await other.connect()
  await other.query('begin; lock table flagging.samples in access exclusive mode')
  const same = { id: 'd'.repeat(22) }
  await expect(flagged(logger, 2, same)).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
  await other.end()
  await expect(flagged(logger, 2, same)).resolves.toBe(2)
  expect(await select(url, 'select from flagging.samples')).toHaveLength(2)
}, 60_000)

describe('what is refused', () => {
  const files = new DirectoryFiles('/srv/files')
  const connection = 'postgres://ada:s3cret@localhost/db'

  test.each([
    [undefined, 'takes an object'],
    [{ files }, 'needs `connection`'],
    [{ connection }, 'needs `files`'],
    [{ connection, files: '/srv/files' }, 'needs `files`'],
    [{ connection: 'ada:s3cret@localhost', files }, '`connection` must be an address'],
    [
      { connection: 'postgres://ada:s3cret@local host:x', files },
      '`connection` must be an address',
    ],
    [{ connection, files, schema: '' }, '`schema` must be'],
    [{ connection, files, partitions: 'year' }, "'month' or 'day'"],
    [{ connection, files, direct: 'yes' }, 'true or false'],
    [{ connection, files, Schema: 'x' }, 'no option `Schema`'],
    [{ connection, files, direct: true, outbox: {} }, 'no `outbox` with `direct`'],
    [{ connection, files, outbox: { dir: '' } }, 'path of a directory'],
    [{ connection, files, outbox: { maxBytes: 5 } }, 'from 1048576 on'],
    [{ connection, files, outbox: { alarmBytes: '5' } }, 'number of bytes'],
    [{ connection, files, outbox: { max: 5 } }, 'no `outbox` with `max`'],
    [{ connection, files, passFlags: true }, '{ waitMs } or false'],
    [{ connection, files, passFlags: { waitMs: 5 } }, 'from 100 to 30000'],
    [{ connection, files, passFlags: { wait: 500 } }, 'no `passFlags` with `wait`'],
  ])('%j', (options, message) => {
    let thrown: unknown
    try {
      expect(new PostgresLogger(options as PostgresLoggerOptions)).toBeUndefined()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      code: 'ERR_FLAGGING_OPTION',
      message: expect.stringContaining(message) as string,
    })
    expect(String(thrown) + JSON.stringify(thrown)).not.toContain('s3cret')
  })

  test('no message says a password', async () => {
    const url = await createDatabase()
    const wrong = [
      url.replace('postgres@', 'nobody:s3cret@'),
      url.replace('postgres@', 'postgres:s3cret@').replace(/\/test_\w+/, '/no_such_database'),
      'postgres://postgres:s3cret@127.0.0.1:1/db',
    ]
    for (const one of wrong) {
      const { logger } = await connected({ connection: one })
      const error = await logger.migrate().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'ERR_FLAGGING_STORE' })
      for (let cause = error; cause instanceof Error; cause = cause.cause) {
        expect(`${cause.message}${cause.stack}${JSON.stringify(cause)}`).not.toContain('s3cret')
      }
    }
  })

  test('nothing is connected to when a logger is made', () => {
    const logger = new PostgresLogger({ connection: 'postgres://127.0.0.1:1/db', files })
    expect(logger.stats()).toMatchObject({ isConnected: false, waiting: 0 })
  })
})

test('the SQL of the README runs', async () => {
  const { logger, url } = await connected()
  await logger.migrate()
  const components = CALCULATOR.map((one): Component => ({ ...one, type: 'any' }))
  await logger.flag([5, 'add', 7, 'twelve'], null, null, details({ components }))
  await logger.close()
  const admin = new Database(url, 'flagging')
  onTestFinished(() => admin.close())
  const roles = new Map(
    ['analyst', 'app'].map((role) => [role, `${role}_${randomBytes(6).toString('hex')}`]),
  )
  for (const role of roles.values()) await admin.query(`create role ${role}`)
  await admin.query(`create table flagging.samples_2025_01 (n integer)`)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = '']) => sql)
  expect(blocks).toHaveLength(2)
  for (const block of blocks) {
    const sql = block.replaceAll(/\b(analyst|app)\b/g, (role) => roles.get(role) ?? role)
    await expect(admin.query(sql)).resolves.toBeUndefined()
  }
  const sum = await admin.query(
    'select num1::numeric + num2::numeric as sum from flagging_views.calculate',
  )
  expect(sum).toEqual([{ sum: '12' }])
  for (const role of roles.values()) await admin.query(`drop owned by ${role}; drop role ${role}`)
})
