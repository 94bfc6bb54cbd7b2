import { expect, test } from 'vitest'
import { Instances, flag, served, told } from './instances.ts'

test('between processes: one row, whichever served and whichever is asked', async () => {
  const instances = await Instances.make()
  const all = await Promise.all([1, 2, 3, 4].map(() => instances.spawn()))
  const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => served(all[n % 4]!)))
  const answers = await Promise.all(
    ids.flatMap((id) => all.map(async (one) => (await flag(one, id)).status)),
  )
  expect(answers.filter((status) => status === 201)).toHaveLength(8)
  expect(answers.filter((status) => status === 200)).toHaveLength(24)
  expect(await instances.rows()).toHaveLength(8)
  await expect.poll(() => instances.calls()).toBe(0)
  expect(all.flatMap(({ errors, uncaught }) => [...errors, ...uncaught])).toEqual([])
})

test('a holder that was killed before is a 404, in time', async () => {
  const instances = await Instances.make()
  const [a, b] = [await instances.spawn(), await instances.start({}, { waitMs: 300 })]
  const id = await served(a)
  await a.kill()
  expect((await flag(b, id)).status).toBe(404)
  expect(b.errors).toEqual([])
})

test('a holder that is killed while it stores is a 503 in time, never a 404', async () => {
  const instances = await Instances.make()
  const a = await instances.spawn()
  const b = await instances.start({}, { waitMs: 3000, answerMs: 1000 })
  const id = await served(a)
  a.tell('hang')
  const flagged = flag(b, id)
  await expect.poll(() => a.flags).toBe(1)
  await a.kill()
  expect((await flagged).status).toBe(503)
  expect(b.errors).toMatchObject([{ code: 'ERR_FLAGGING_STORE' }])
  await expect.poll(() => instances.calls()).toBe(0)
})

test('whoever is killed while it asks costs no row, and another may ask again', async () => {
  const instances = await Instances.make()
  const [a, b, c] = [await instances.start(), await instances.spawn(), await instances.start()]
  const id = await served(a)
  let end = (): void => undefined
  a.logger.before = () => new Promise<void>((resolve) => (end = resolve))
  const unheard = flag(b, id).catch(() => 'cut off')
  await expect.poll(() => a.logger.flags).toBe(1)
  await b.kill()
  expect(await unheard).toBe('cut off')
  const again = flag(c, id)
  end()
  expect(told(await again)).toEqual([200, { count: 1 }])
  expect(await instances.rows()).toHaveLength(1)
  expect(a.errors).toEqual([])
})

test('a process that has closed its flagging ends by itself', async () => {
  const instances = await Instances.make()
  const [a, b] = [await instances.spawn(), await instances.spawn()]
  expect((await flag(b, await served(a))).status).toBe(201)
  for (const one of [a, b]) one.tell('close')
  expect(await Promise.all([a.ended(), b.ended()])).toEqual([0, 0])
  expect([...a.uncaught, ...b.uncaught]).toEqual([])
  await expect.poll(() => instances.connections()).toBe(0)
})
