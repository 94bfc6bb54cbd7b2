import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { deferred } from '../../../../test/contract/wire.ts'
import { Database } from '../../src/database/database.ts'
import { type Instance, Instances, UNKNOWN, flag, served, told, unflag } from './instances.ts'

/** Cuts the connections on which instances listen, as an administrator does. */
async function cut(instances: Instances): Promise<void> {
  await instances.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  )
}

const isListening = ({ logger }: Instance) => logger.elsewhere.stats().isListening

describe('what passing takes', () => {
  test('is no connection before anything is held, and one from then on', async () => {
    const instances = await Instances.make()
    const a = await instances.start()
    expect((await a.server.request('/flag')).status).toBe(200)
    expect(await instances.connections()).toBe(0)
    await served(a)
    await expect.poll(() => isListening(a)).toBe(true)
    for (let count = 0; count < 20; count++) await served(a)
    expect(await instances.connections()).toBe(1)
    await a.flagging.close()
    expect(await instances.connections()).toBe(0)
  })

  test('is a connection that stays, however soon the server closes those that say nothing', async () => {
    const instances = await Instances.make()
    const name = new URL(instances.url).pathname.slice(1)
    await instances.database.query(`alter database ${name} set idle_session_timeout = 200`)
    const a = await instances.start()
    await served(a)
    await expect.poll(() => isListening(a)).toBe(true)
    const pids = (): Promise<object[]> =>
      instances.database.query(
        `select pid from pg_stat_activity where query not like '%pg_stat_activity%'
          and datname = current_database() and backend_type = 'client backend'`,
      )
    const before = await pids()
    await instances.database.query('select pg_sleep(0.6)')
    expect(before).toHaveLength(1)
    expect(await pids()).toEqual(before)
    expect(a.errors).toEqual([])
  })

  test('is nothing in the modes auto and never', async () => {
    const instances = await Instances.make()
    for (const mode of ['auto', 'never'] as const) {
      const one = await instances.start({ mode })
      await served(one)
      await flag(one, UNKNOWN)
      await unflag(one, UNKNOWN)
      await one.flagging.flush()
      expect(await instances.connections()).toBe(0)
      expect(isListening(one)).toBe(false)
    }
  })

  test('is no statement for what is held here', async () => {
    const instances = await Instances.make()
    const a = await instances.start()
    // Not even a table.
    await instances.database.query('drop table flagging.calls')
    const id = await served(a)
    expect(told(await flag(a, id))).toEqual([201, { count: 1 }])
    expect(told(await flag(a, id))).toEqual([200, { count: 1 }])
    expect(told(await unflag(a, id))).toEqual([200, { deleted: 1 }])
  })

  test('is one connection for all flaggings of a logger, which hold for each other', async () => {
    const instances = await Instances.make()
    const a = await instances.start()
    const a2 = await instances.start({ callback: a.logger })
    const b = await instances.start()
    const ids = [await served(a), await served(a2)] as const
    // In the same process nothing is asked of the database.
    expect(told(await flag(a2, ids[0]))).toEqual([201, { count: 1 }])
    await expect.poll(() => isListening(a)).toBe(true)
    expect(await instances.connections()).toBe(1)
    expect(told(await flag(b, ids[1]))).toEqual([201, { count: 2 }])
    expect(told(await flag(b, ids[0]))).toEqual([200, { count: 1 }])
    await a.flagging.close()
    const hasty = await instances.start({}, { waitMs: 300 })
    expect((await flag(hasty, ids[0])).status).toBe(404)
    await hasty.flagging.close()
    expect(told(await flag(b, ids[1]))).toEqual([200, { count: 2 }])
    await a2.flagging.close()
    expect(await instances.connections()).toBe(1)
  })

  test('is given back once what is being passed has ended', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    const id = await served(a)
    const [begun, end] = [deferred(), deferred()]
    a.logger.before = () => (begun.resolve(), end.promise)
    const flagged = b.flagging.flag(id)
    await begun.promise
    const closing = Promise.all([a.flagging.close(), b.flagging.close()])
    expect(await Promise.race([closing, after(50, 'waits')])).toBe('waits')
    end.resolve()
    expect(await flagged).toBe(1)
    await closing
    expect(await instances.connections()).toBe(0)
    await expect(b.flagging.flag(id)).rejects.toMatchObject({ code: 'ERR_FLAGGING_CLOSED' })
  })

  test('is not troubled by what others say on its channel', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    const id = await served(a)
    await expect.poll(() => isListening(a)).toBe(true)
    const said = ['', ' ', id, `x ${id}`, `${UNKNOWN} ${id}`, `${crypto.randomUUID()} ${id}`]
    const { database } = instances
    const saying = said.map((one) =>
      database.query(`select pg_notify('flagging_calls', $1)`, [one]),
    )
    await Promise.all([...saying, flag(b, id)])
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
    expect([...a.errors, ...b.errors]).toEqual([])
  })

  test('leaves no call of those who died in the table', async () => {
    const instances = await Instances.make()
    await instances.database.query(
      `insert into flagging.calls (id, interaction, request, asked_at)
        select gen_random_uuid(), 'x', '{}', now() - make_interval(secs => s)
          from unnest(array[0, 290, 301, 100000]) as s`,
    )
    await served(await instances.start())
    await expect.poll(() => instances.calls()).toBe(2)
  })
})

describe('a connection that is cut', () => {
  test('is made anew, and what was asked meanwhile is heard then', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    for (let count = 1; count <= 5; count++) {
      const id = await served(a)
      await expect.poll(() => isListening(a)).toBe(true)
      await cut(instances)
      expect(told(await flag(b, id))).toEqual([201, { count }])
    }
    expect([...a.errors, ...b.errors]).toEqual([])
    await expect.poll(() => instances.calls()).toBe(0)
  })

  test('costs no answer that is given meanwhile', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    const id = await served(a)
    const [begun, end] = [deferred(), deferred()]
    a.logger.before = () => (begun.resolve(), end.promise)
    const flagged = flag(b, id)
    await begun.promise
    await cut(instances)
    end.resolve()
    expect(told(await flagged)).toEqual([201, { count: 1 }])
  })

  test('is no reason to wait on for an answer that was given meanwhile', async () => {
    const instances = await Instances.make()
    const b = await instances.start({}, { waitMs: 120_000 })
    const flagged = flag(b, UNKNOWN)
    await expect.poll(() => instances.calls()).toBe(1)
    // As a holder answers, but for the word of it, which nobody heard.
    await instances.database.query('update flagging.calls set claimed_at = now(), answer = $1', [
      JSON.stringify({ count: 7, fresh: true }),
    ])
    await cut(instances)
    expect(told(await flagged)).toEqual([201, { count: 7 }])
  })

  test('makes a 404 of nothing that others could not hear: a 503, which may be tried again', async () => {
    const instances = await Instances.make()
    const b = await instances.start({}, { waitMs: 300 })
    expect((await flag(b, UNKNOWN)).status).toBe(404)
    await cut(instances)
    const unsure = await flag(b, UNKNOWN)
    expect(unsure.status).toBe(503)
    expect(b.errors.splice(0)).toMatchObject([{ code: 'ERR_FLAGGING_STORE' }])
    await expect.poll(async () => (await flag(b, UNKNOWN)).status).toBe(404)
  })

  test('that loses its calls makes a 503, never a 404', async () => {
    const instances = await Instances.make()
    const a = await instances.start()
    const b = await instances.start({}, { waitMs: 1000 })
    const id = await served(a)
    const [begun, end] = [deferred(), deferred()]
    a.logger.before = () => (begun.resolve(), end.promise)
    const flagged = flag(b, id)
    await begun.promise
    // As a server does that has crashed: the table is not logged.
    await instances.database.query('truncate flagging.calls')
    expect((await flagged).status).toBe(503)
    end.resolve()
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
    b.errors.splice(0)
  })
})

describe('a database without our tables', () => {
  test('is told of, and harms nothing that is held here', async () => {
    const instances = await Instances.make()
    await instances.database.query('drop schema flagging cascade')
    const [a, b] = [await instances.start(), await instances.start()]
    const id = await served(a)
    expect((await flag(b, id)).status).toBe(503)
    expect(String(b.errors)).toMatch(/await logger\.migrate\(\)/)
    expect(told(await flag(a, id))).toEqual([201, { count: 1 }])
    const database = new Database(instances.url, 'flagging')
    const { migrate } = await import('../../src/database/migrations.ts')
    await migrate(database, 'month')
    await database.close()
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
  })
})
