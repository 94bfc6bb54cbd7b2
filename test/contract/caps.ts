import { CSVLogger, type FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, type Entry, route, use } from './host.ts'
import { loaded } from './loaded.ts'
import { World } from './world.ts'
import { postJSON, postParts, recordsOf, send, upload } from './wire.ts'

const CAP = 1000

/** What the limits leave of what passes, and that a sample says when they did. */
export function capsContract(adapter: Adapter): void {
  const start = async (
    limits: NonNullable<FlaggingOptions<object>['limits']>,
    ...routes: readonly Entry[]
  ) => {
    const world = await World.make(adapter)
    const callback = () => new CSVLogger({ columns: ['truncated'], fsync: 'none' })
    const mounted = world.flagging({ mode: 'auto', callback, limits })
    const server = await world.serve(use(mounted), ...routes)
    const post = async (path: string, body: string | Uint8Array, type: string) => {
      const init = { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(body) }
      const answer = await send(server, path, init as RequestInit)
      await world.flush()
      return answer
    }
    const samples = async () => {
      const { sink = [], echo = [], ask = [] } = await loaded(world)
      return [...sink, ...echo, ...ask].map(({ inputs, outputs, details: { truncated } }) => ({
        inputs,
        outputs,
        truncated,
      }))
    }
    return { world, server, post, samples }
  }

  describe('limits', () => {
    test('a text keeps what is below the cap on bodies, and no half of a character', async () => {
      const { post, samples } = await start({ bodyBytes: CAP }, route('POST /echo', api.echo))
      const texts = [CAP - 1, CAP, CAP + 1].map((length) => 'x'.repeat(length))
      for (const body of texts) {
        expect((await post('/echo', body, 'text/plain')).text).toBe(body)
      }
      for (const over of [1, 2, 3]) {
        await post('/echo', `${'x'.repeat(CAP - over)}😀`, 'text/plain; charset=utf-8')
      }
      const kept = [CAP - 1, CAP, CAP, CAP - 1, CAP - 2, CAP - 3].map((n) => 'x'.repeat(n))
      expect(await samples()).toEqual(
        kept.map((cell, index) => ({
          inputs: { Input: cell },
          outputs: { Output: cell },
          truncated: index >= 2,
        })),
      )
    })

    test('bytes are kept up to the cap on bodies', async () => {
      const { post, samples } = await start({ bodyBytes: CAP }, route('POST /echo', api.echo))
      const bytes = Buffer.from(Array.from({ length: CAP + 1 }, (_, n) => n % 251))
      for (const size of [CAP - 1, CAP, CAP + 1]) {
        await post('/echo', bytes.subarray(0, size), 'application/octet-stream')
      }
      expect(await samples()).toEqual(
        [CAP - 1, CAP, CAP].map((size, index) => ({
          inputs: { Input: bytes.subarray(0, size) },
          outputs: { Output: bytes.subarray(0, size) },
          truncated: index === 2,
        })),
      )
    })

    test('JSON and forms that are cut off are kept as they came', async () => {
      const limits = { bodyBytes: CAP, columns: 64 }
      const { post, samples } = await start(limits, route('POST /sink', api.sink))
      const body = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`
      await post('/sink', body(CAP), 'application/json')
      await post('/sink', body(CAP + 1), 'application/json')
      await post('/sink', `a=${'x'.repeat(CAP)}`, 'application/x-www-form-urlencoded')
      await post('/sink', `--X\r\n\r\n${'x'.repeat(CAP)}`, 'multipart/form-data; boundary=X')
      const found = (await samples()).map(({ inputs, truncated }) => [
        inputs['a'] ?? null,
        inputs['Input'] ?? null,
        truncated,
      ])
      expect(found).toEqual([
        ['x'.repeat(CAP - 8), null, false],
        [null, body(CAP + 1).slice(0, CAP), true],
        [null, `a=${'x'.repeat(CAP - 2)}`, true],
        [null, Buffer.from(`--X\r\n\r\n${'x'.repeat(CAP - 7)}`), true],
      ])
    })

    test('declared columns of a body that is cut off are empty', async () => {
      const world = await World.make(adapter)
      const callback = () => new CSVLogger({ columns: ['truncated'] })
      const options = { inputs: ['q', 'page'], outputs: ['ok'], limits: { bodyBytes: CAP } }
      const flagging = world.flagging({ mode: 'auto', callback, ...options })
      const server = await world.serve(use(flagging), route('POST /sink', api.sink))
      await send(server, '/sink?page=2', postJSON({ q: 'x'.repeat(CAP) }))
      await world.flush()
      expect(await world.read()).toBe('q,page,ok,truncated\n,2,true,true\n')
    })

    test('a file keeps what is below its cap, in a form, as a body and as an answer', async () => {
      const { post, server, world, samples } = await start(
        { fileBytes: CAP },
        route('POST /echo', api.echo),
        route('POST /sink', api.sink),
      )
      const bytes = Buffer.alloc(CAP + 1, 7)
      for (const size of [CAP - 1, CAP, CAP + 1]) {
        const im = upload(bytes.subarray(0, size), 'x.bin', 'application/octet-stream')
        await send(server, '/sink', postParts({ im }))
        await world.flush()
      }
      await post('/echo', bytes, 'application/octet-stream')
      const cut = bytes.subarray(0, CAP)
      expect(await samples()).toEqual([
        { inputs: { im: bytes.subarray(0, CAP - 1) }, outputs: { ok: true }, truncated: false },
        { inputs: { im: cut }, outputs: { ok: true }, truncated: false },
        { inputs: { im: cut }, outputs: { ok: true }, truncated: true },
        { inputs: { Input: cut }, outputs: { Output: cut }, truncated: true },
      ])
    })

    test('an interaction has a cap of its own, which its bodies share', async () => {
      const { post, samples } = await start(
        { interactionBytes: CAP },
        route('POST /echo', api.echo),
        route('POST /ask', api.reading({ headers: [['content-type', 'text/plain']], body: 'yes' })),
      )
      for (const size of [CAP / 2, CAP / 2 + 1]) {
        await post('/echo', Buffer.alloc(size, 7), 'application/octet-stream')
      }
      await post('/ask', 'x'.repeat(CAP - 3), 'text/plain')
      await post('/ask', 'x'.repeat(CAP - 2), 'text/plain')
      const sizes = (await samples()).map(({ inputs, outputs, truncated }) => [
        (inputs['Input'] as string | Buffer).length,
        (outputs['Output'] as string | Buffer).length,
        truncated,
      ])
      expect(sizes).toEqual([
        [CAP / 2, CAP / 2, false],
        [CAP / 2 + 1, CAP / 2 - 1, true],
        [CAP - 3, 3, false],
        [CAP - 2, 2, true],
      ])
    })

    test('fields and files are kept up to their number', async () => {
      const { post, server, world, samples } = await start(
        { fields: 3, files: 2 },
        route('POST /sink', api.sink),
      )
      await post('/sink', 'a=1&b=2&c=3', 'application/x-www-form-urlencoded')
      await post('/sink', 'a=1&b=2&c=3&d=4', 'application/x-www-form-urlencoded')
      for (const count of [2, 3]) {
        const im = Array.from({ length: count }, () => upload(Buffer.of(count), 'x', 'a/b'))
        await send(server, '/sink', postParts({ im }))
        await world.flush()
      }
      const found = (await samples()).map(({ inputs, truncated }) => [
        Object.values(inputs).filter((value) => value !== null),
        truncated,
      ])
      expect(found).toEqual([
        [[1, 2, 3], false],
        [[1, 2, 3], true],
        [[[Buffer.of(2), Buffer.of(2)]], false],
        [[[Buffer.of(3), Buffer.of(3)]], true],
      ])
    })

    test('what dir may grow to has a cap: beyond it samples are refused, counted and reported', async () => {
      const { server, world, post } = await start({}, route('POST /sink', api.sink))
      await post('/sink', 'x=1', 'application/x-www-form-urlencoded')
      expect((await send(server, '/sink', postJSON({ x: 1 }))).status).toBe(200)
      await world.flush()
      const limits = { dirBytes: 10 }
      const capped = world.flagging({ mode: 'auto', limits })
      const second = await world.serve(use(capped), route('POST /sink', api.sink))
      expect((await send(second, '/sink', postJSON({ x: 2 }))).status).toBe(200)
      await capped.flagging.flush()
      expect(capped.flagging.stats()).toMatchObject({ stored: 0, failed: 1 })
      expect(world.errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_DISK_FULL' })])
      expect(recordsOf(await world.read('sink/logs.csv'))).toHaveLength(2)
    })

    test('what waits for the callback has a cap in bytes: the newest are dropped', async () => {
      const world = await World.make(adapter)
      let store: (() => void) | undefined
      const stored = new Promise<void>((resolve) => (store = resolve))
      const callback = { setup: () => {}, flag: () => stored.then(() => 1) }
      const limits = { queueBytes: 2500 }
      const mounted = world.flagging({ mode: 'auto', callback, limits })
      const { flagging } = mounted
      const server = await world.serve(use(mounted), route('POST /ask', api.sink))
      for (let n = 0; n < 4; n++) await send(server, '/ask', postJSON({ q: 'x'.repeat(CAP) }))
      expect(flagging.stats()).toMatchObject({ pending: 2, dropped: 2 })
      store?.()
      await flagging.flush()
      expect(flagging.stats()).toMatchObject({ pending: 0, stored: 2, dropped: 2 })
      expect(world.errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_QUEUE_FULL' })])
    })

    test('a body that no memory is left for is cut, and the row says so', async () => {
      const { post, samples } = await start(
        { heldBytes: 100_000, spillBytes: 1 },
        route('POST /sink', api.sink),
      )
      await post('/sink', 'x'.repeat(300_000), 'text/plain')
      const [sample] = await samples()
      expect(sample?.truncated).toBe(true)
      expect(/^x*$/.test((sample?.inputs['Input'] ?? '') as string)).toBe(true)
    })
  })

  test('an answer that is shorter than a cap says so, too', async () => {
    const { server, world, samples } = await start(
      { bodyBytes: CAP },
      route('POST /ask', api.reading(answerJSON({ a: 1 }))),
    )
    await send(server, '/ask', postJSON({ q: 1 }))
    await world.flush()
    expect(await samples()).toEqual([{ inputs: { q: 1 }, outputs: { a: 1 }, truncated: false }])
  })
}
