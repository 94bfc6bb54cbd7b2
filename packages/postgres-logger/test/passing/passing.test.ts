import { describe, expect, test } from 'vitest'
import { deferred } from '../../../../test/contract/wire.ts'
import { Instances, UNKNOWN, flag, served, told, unflag } from './instances.ts'

describe('a flag on another instance than the one that served', () => {
  test('is stored once, whoever is asked how often', async () => {
    const instances = await Instances.make()
    const [a, b, c] = [await instances.start(), await instances.start(), await instances.start()]
    const id = await served(a)
    expect(told(await flag(b, id))).toEqual([201, { count: 1 }])
    expect(told(await flag(c, id))).toEqual([200, { count: 1 }])
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
    expect(told(await flag(a, id))).toEqual([200, { count: 1 }])
    expect(await instances.rows()).toMatchObject([{ num1: '5', num2: '7', Output: '12' }])
    expect([a, b, c].map(({ logger }) => logger.flags)).toEqual([1, 0, 0])
    await expect.poll(() => instances.calls()).toBe(0)
  })

  test('is one row where three instances are asked at once', async () => {
    const instances = await Instances.make()
    const all = [await instances.start(), await instances.start(), await instances.start()]
    const [a] = all as [(typeof all)[number]]
    const ids = await Promise.all(Array.from({ length: 20 }, () => served(a)))
    const answers = await Promise.all(
      ids.flatMap((id) => [...all, ...all].map(async (one) => [id, await flag(one, id)] as const)),
    )
    for (const id of ids) {
      const own = answers.filter(([of]) => of === id).map(([, answer]) => told(answer))
      const statuses = own.map(([status]) => status).toSorted((x, y) => x - y)
      expect(statuses).toEqual([200, 200, 200, 200, 200, 201])
      expect(new Set(own.map(([, body]) => JSON.stringify(body))).size).toBe(1)
    }
    expect(await instances.rows()).toHaveLength(20)
    await expect.poll(() => instances.calls()).toBe(0)
  })

  test('is passed on between four, whichever served and whichever is asked', async () => {
    const instances = await Instances.make()
    const all = await Promise.all([1, 2, 3, 4].map(() => instances.start()))
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => served(all[n % 4]!)))
    const answers = await Promise.all(ids.map((id, n) => flag(all[(n >> 2) % 4]!, id)))
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 201))
    expect(await instances.rows()).toHaveLength(40)
    expect(all.map(({ logger }) => logger.flags)).toEqual([10, 10, 10, 10])
  })

  test('is a 404 for an id that nobody holds, and for somebody else’s', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    const hasty = await instances.start({}, { waitMs: 300 })
    const id = await served(a, 'ann')
    const refused = [
      await flag(hasty, UNKNOWN, {}, 'bob'),
      await flag(b, id, {}, 'bob'),
      await unflag(hasty, UNKNOWN, 'bob'),
      await unflag(b, id, 'bob'),
    ]
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect(new Set(refused.map(({ text }) => text)).size).toBe(1)
    expect(refused[0]?.text).toMatch(/by the instance that issued them/)
    expect(told(await flag(b, id, {}, 'ann'))).toEqual([201, { count: 1 }])
    expect(await instances.rows()).toMatchObject([{ username: 'ann' }])
    await expect.poll(() => instances.calls()).toBe(0)
    expect([...a.errors, ...b.errors, ...hasty.errors]).toEqual([])
  })

  test('is a 404 once the interaction is let go, and the holder’s flagging closed', async () => {
    const instances = await Instances.make()
    const a = await instances.start({ limits: { held: 1 } })
    const b = await instances.start({}, { waitMs: 300 })
    const ids = [await served(a), await served(a)] as const
    expect((await flag(b, ids[0])).status).toBe(404)
    await a.flagging.close()
    expect((await flag(b, ids[1])).status).toBe(404)
  })

  test('is a 404 where the interaction is let go between the claim and the flag', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start()]
    await served(a)
    a.logger.elsewhere.attach({
      dir: instances.dir,
      holds: true,
      stores: true,
      isHeld: () => true,
      flagHeld: () => undefined,
      unflagHeld: () => undefined,
    })
    for (const answer of [await flag(b, UNKNOWN), await unflag(b, UNKNOWN)]) {
      expect([answer.status, answer.text]).toEqual([404, expect.stringMatching(/by the instance/)])
    }
    expect([...a.errors, ...b.errors]).toEqual([])
  })

  test('may be taken back on any instance', async () => {
    const instances = await Instances.make()
    const [a, b, c] = [await instances.start(), await instances.start(), await instances.start()]
    const id = await served(a)
    for (const user of ['ann', 'bob']) await flag(b, id, {}, user)
    expect(told(await unflag(c, id, 'ann'))).toEqual([200, { deleted: 1 }])
    expect((await unflag(b, id, 'ann')).status).toBe(404)
    expect(await instances.rows()).toMatchObject([{ username: 'bob' }])
    expect(await b.flagging.unflag(id, { username: 'bob' })).toBe(1)
    expect(await instances.rows()).toEqual([])
    expect(told(await flag(c, id, {}, 'ann'))).toEqual([201, { count: 1 }])
  })

  test('fails as it does where it is held, with the reason told there alone', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start({ options: ['Bad'] }), await instances.start()]
    const id = await served(a)
    // The instances do not agree on what may be said.
    const unknown = await flag(b, id)
    expect(unknown.status).toBe(400)
    expect(unknown.json()).toMatchObject({ code: 'unknown_option', detail: /"Bad"/ })
    const c = await instances.start()
    const broken = await served(c)
    c.logger.before = () => Promise.reject(new Error('/secret is full'))
    const failed = await flag(b, broken)
    expect([failed.status, failed.json<{ code: string }>().code]).toEqual([503, 'unavailable'])
    expect(failed.text).not.toMatch(/secret/)
    expect(c.errors.map(String)).toEqual(['Error: /secret is full'])
    expect(String(b.errors)).not.toMatch(/secret/)
    expect(b.errors).toMatchObject([{ code: 'ERR_FLAGGING_STORE' }])
    c.logger.before = () => Promise.resolve()
    expect(told(await flag(b, broken))).toEqual([201, { count: 1 }])
  })

  test('is awaited while the holder is at it, and seen in the stats of both', async () => {
    const instances = await Instances.make()
    const [a, b] = [await instances.start(), await instances.start({}, { waitMs: 1000 })]
    const id = await served(a)
    const [begun, end] = [deferred(), deferred()]
    a.logger.before = () => (begun.resolve(), end.promise)
    const flagged = flag(b, id)
    await begun.promise
    expect(a.logger.elsewhere.stats()).toEqual({ isListening: true, asking: 0, answering: 1 })
    expect(b.logger.elsewhere.stats()).toEqual({ isListening: true, asking: 1, answering: 0 })
    // Beyond the time in which it must be claimed.
    const again = flag(b, UNKNOWN)
    expect((await again).status).toBe(404)
    end.resolve()
    expect(told(await flagged)).toEqual([201, { count: 1 }])
    expect(b.logger.elsewhere.stats()).toEqual({ isListening: true, asking: 0, answering: 0 })
  })

  test('is a 503 where whoever claimed it does not answer in time', async () => {
    const instances = await Instances.make()
    const a = await instances.start()
    const b = await instances.start({}, { waitMs: 1000, answerMs: 300 })
    const id = await served(a)
    const begun = deferred()
    const end = deferred()
    a.logger.before = () => (begun.resolve(), end.promise)
    const late = await flag(b, id)
    expect(late.status).toBe(503)
    expect(b.errors).toMatchObject([{ code: 'ERR_FLAGGING_STORE', message: /has not answered/ }])
    end.resolve()
    await begun.promise
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
    expect(await instances.rows()).toHaveLength(1)
    await expect.poll(() => instances.calls()).toBe(0)
  })
})
