import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { FlaggingError } from '@flagging/core'
import { expect, test } from 'vitest'
import { deferred } from '../../../../test/contract/wire.ts'
import { Instances, flag, served, told } from './instances.ts'

const unknownId = (): string => randomBytes(16).toString('base64url')
const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n))

test('500 flags of ids that nobody holds keep no real one out', async () => {
  const instances = await Instances.make()
  const a = await instances.start()
  const dir = join(instances.dir, 'other')
  const b = await instances.start({ dir }, { waitMs: 5000 })
  const there = await Promise.all(many(30, () => served(a)))
  const here = await Promise.all(many(30, () => served(b)))
  const unknown = many(500, () => b.flagging.flag(unknownId()).catch(codeOf))
  const real = [...there, ...here].map((id) => flag(b, id))
  let most = 0
  const watching = setInterval(async () => {
    most = Math.max(most, await instances.calls())
  }, 50)
  for (const answer of await Promise.all(real)) expect(answer.status).toBe(201)
  const codes = new Set(await Promise.all(unknown))
  clearInterval(watching)
  expect(codes).toEqual(new Set(['ERR_FLAGGING_NOT_FOUND', 'ERR_FLAGGING_QUEUE_FULL']))
  // Those that make room are deleted a moment after the next ones have come.
  expect(most).toBeLessThanOrEqual(2 * 256)
  expect([a, b].map(({ logger }) => logger.flags)).toEqual([30, 30])
  await expect.poll(() => instances.calls()).toBe(0)
}, 60_000)

test('of more than can wait, the rest is refused at once', async () => {
  const instances = await Instances.make()
  const [a, b] = [await instances.start(), await instances.start({}, { waitMs: 1000 })]
  const id = await served(a)
  await flag(b, id)
  const unknown = many(3000, () => b.flagging.flag(unknownId()))
  await after(0)
  expect(b.logger.elsewhere.stats().asking).toBe(256 + 1024)
  const results = await Promise.allSettled(unknown)
  const codes = results.map((one) =>
    one.status === 'rejected' ? (one.reason as FlaggingError).code : 'stored',
  )
  expect(new Set(codes)).toEqual(new Set(['ERR_FLAGGING_NOT_FOUND', 'ERR_FLAGGING_QUEUE_FULL']))
  expect(codes.filter((code) => code === 'ERR_FLAGGING_NOT_FOUND')).toHaveLength(256)
  expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
  expect(b.logger.elsewhere.stats().asking).toBe(0)
  await expect.poll(() => instances.calls()).toBe(0)
})

test('a slow holder takes as many as it can, tells the rest, and stores what it took', async () => {
  const instances = await Instances.make()
  const a = await instances.start({ limits: { queue: 1000 } })
  const b = await instances.start()
  const ids = await Promise.all(many(300, () => served(a)))
  const end = deferred()
  a.logger.before = () => end.promise
  const flags = ids.map((id) => b.flagging.flag(id).then(() => 'stored', codeOf))
  await expect.poll(() => a.logger.flags).toBe(256)
  // The rest is told so while all of these wait.
  const first = await Promise.race([...flags, after(10_000, 'nothing')])
  expect(first).toBe('ERR_FLAGGING_QUEUE_FULL')
  end.resolve()
  const results = await Promise.all(flags)
  const stored = ids.filter((_, n) => results[n] === 'stored')
  expect(stored.length).toBeGreaterThanOrEqual(256)
  expect(await instances.rows()).toHaveLength(stored.length)
  const again = await Promise.all(ids.map((id) => flag(b, id)))
  expect(again.map(({ status }) => status)).toEqual(
    results.map((result) => (result === 'stored' ? 200 : 201)),
  )
  expect(await instances.rows()).toHaveLength(300)
})

const codeOf = (error: unknown): string => (error as FlaggingError).code
