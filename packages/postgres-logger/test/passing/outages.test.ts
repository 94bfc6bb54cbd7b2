import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { networkTo } from '../servers/network.ts'
import { createDatabase } from '../servers/database.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { openSharingPool } from '../servers/sharing-pool.ts'
import { type Instance, Instances, UNKNOWN, flag, served, told } from './instances.ts'

const isListening = ({ logger }: Instance) => logger.elsewhere.stats().isListening

/** A server that may be killed. */
let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

test('while the server is down a flag is a 503, and after that it works by itself', async () => {
  const instances = await Instances.make(await createDatabase(server.port))
  const process = await instances.spawn()
  const [a, b] = [await instances.start(), await instances.start({}, { waitMs: 500 })]
  const patient = await instances.start()
  const ids = [await served(a), await served(process), await served(a)] as const
  expect((await flag(patient, ids[0])).status).toBe(201)
  await served(b)
  await server.kill()
  for (const id of [...ids, UNKNOWN]) expect((await flag(b, id)).status).toBe(503)
  expect(told(await flag(a, ids[2]))).toEqual([201, { count: 2 }])
  // One that is asked just before the server is back waits for it.
  const waiting = flag(patient, ids[1])
  await server.restart()
  expect(told(await waiting)).toEqual([201, { count: 3 }])
  expect(told(await flag(patient, ids[2]))).toEqual([200, { count: 2 }])
  await expect.poll(async () => (await flag(b, UNKNOWN)).status).toBe(404)
  // Each instance was told of it once, and each flag that failed by its own.
  expect(a.errors).toMatchObject([{ code: 'ERR_FLAGGING_STORE' }])
  expect(process.errors).toHaveLength(1)
  expect(process.uncaught).toEqual([])
  await expect.poll(() => instances.calls()).toBe(0)
}, 90_000)

test('a server that is killed while the holder stores is a 503, never a 404', async () => {
  const instances = await Instances.make(await createDatabase(server.port))
  const [a, b] = [await instances.start(), await instances.start({}, { answerMs: 3000 })]
  const id = await served(a)
  let end = (): void => undefined
  a.logger.before = () => new Promise<void>((resolve) => (end = resolve))
  const flagged = flag(b, id)
  await expect.poll(() => a.logger.flags).toBe(1)
  await server.kill()
  await server.restart()
  end()
  // Its table is not logged: the call is lost, what the holder has stored is not.
  expect((await flagged).status).toBe(503)
  await expect.poll(async () => told(await flag(b, id))).toEqual([200, { count: 1 }])
  expect(await instances.rows()).toHaveLength(1)
}, 90_000)

test('flags while the server is killed again and again: one row each, and no false 404', async () => {
  const instances = await Instances.make(await createDatabase(server.port))
  const [a, b] = [await instances.start(), await instances.start()]
  const ids = await Promise.all(Array.from({ length: 30 }, () => served(a)))
  const outage = { isOver: false }
  const outages = (async () => {
    for (let count = 0; count < 3; count++) {
      await after(300)
      await server.kill()
      await server.restart()
    }
    outage.isOver = true
  })()
  const seen = new Set<number>()
  for (const id of ids) {
    let status = 0
    while (status !== 200 && status !== 201) {
      status = (await flag(b, id)).status
      seen.add(status)
    }
    if (!outage.isOver) await after(30)
  }
  await outages
  expect(seen.has(404)).toBe(false)
  expect(await instances.rows()).toHaveLength(ids.length)
}, 90_000)

test('a network that is silent is found out, and another connection made', async () => {
  const instances = await Instances.make()
  const url = new URL(instances.url)
  const network = await networkTo(Number(url.port))
  onTestFinished(() => network.close())
  url.port = String(network.port)
  const a = await instances.start({}, {}, url.href)
  const b = await instances.start()
  const id = await served(a)
  expect(told(await flag(b, id))).toEqual([201, { count: 1 }])
  network.silence()
  // The holder does not know, so that nobody can.
  const other = await served(a)
  await expect.poll(() => isListening(a), { timeout: 30_000 }).toBe(false)
  network.heal()
  await expect.poll(() => isListening(a), { timeout: 30_000 }).toBe(true)
  expect(told(await flag(b, other))).toEqual([201, { count: 2 }])
  expect(told(await flag(a, id))).toEqual([200, { count: 1 }])
}, 90_000)

test('a pool that shares connections is found out: nobody says that an interaction is not there', async () => {
  const instances = await Instances.make()
  const url = new URL(instances.url)
  const pool = await openSharingPool(Number(url.port))
  url.port = String(pool.port)
  const [a, b] = [
    await instances.start({}, {}, url.href),
    await instances.start({}, { waitMs: 50 }, url.href),
  ]
  const id = await served(a)
  for (let time = 0; time < 2; time++) {
    expect(told(await flag(b, id))).toEqual([503, expect.anything()])
  }
  const why = { code: 'ERR_FLAGGING_STORE', message: expect.stringContaining('passFlags: false') }
  expect(b.errors).toMatchObject([why, why])
  expect(isListening(b)).toBe(false)
  // What is set for a session would be set for others.
  expect(pool.asked()).toContain('listen "flagging_calls"')
  expect(pool.asked()).not.toMatch(/set (?:session|statement_timeout|idle)/)
  expect(told(await flag(a, id))).toEqual([201, { count: 1 }])
})
