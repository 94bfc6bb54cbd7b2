import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { FlaggingOptions } from '@flagging/core'
import { CSVLogger } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import {
  type Adapter,
  answerJSON,
  bytesOf,
  type Entry,
  type Handler,
  type HostReply,
  route,
  type Server,
  use,
} from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { deferred, exchange, open, postJSON, readAnswer, recordsOf, send, until } from './wire.ts'

const MIB = 1024 * 1024

const REPLIES: Record<string, HostReply> = {
  json: answerJSON({ a: 1, b: 'ü' }),
  text: { headers: [['content-type', 'text/plain; charset=utf-8']], body: 'Grüße' },
  empty: { status: 204 },
  'not-modified': { status: 304, headers: [['etag', '"1"']] },
  redirect: { status: 302, headers: [['location', '/elsewhere']] },
  'no-body': { status: 200 },
  created: { status: 201, headers: [['location', '/things/1']], body: 'made' },
  cookies: {
    headers: [
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2'],
      ['x-custom', 'kept'],
    ],
    body: 'two cookies',
  },
  refused: answerJSON({ error: 'no' }, 422),
  failed: answerJSON({ error: 'out of order' }, 500),
  picture: { headers: [['content-type', 'image/png']], body: png(3, 40) },
  sized: {
    headers: [
      ['content-type', 'text/plain'],
      ['content-length', '5'],
    ],
    body: 'sized',
  },
  large: {
    headers: [['content-type', 'application/octet-stream']],
    body: Buffer.alloc(2 * MIB, 7),
  },
  events: {
    headers: [['content-type', 'text/event-stream']],
    body: async (out) => {
      for (const event of ['data: a\n\n', 'data: b\n\n', 'data: c\n\n']) await out.write(event)
    },
  },
  lines: {
    headers: [['content-type', 'application/x-ndjson']],
    body: async (out) => {
      for (let n = 0; n < 1000; n++) await out.write(`{"n":${n}}\n`)
    },
  },
  split: {
    headers: [['content-type', 'text/plain; charset=utf-8']],
    body: async (out) => {
      for (const byte of Buffer.from('日本')) await out.write(Buffer.from([byte]))
    },
  },
}

const REPLYING = Object.entries(REPLIES).flatMap(([name, reply]): Entry[] => [
  route(`POST /${name}`, api.reading(reply)),
  route(`PUT /unread/${name}`, api.always(reply)),
  route(`GET /${name}`, api.always(reply)),
])

/** Nobody but the log notices that flagging is there. */
export function transparencyContract(adapter: Adapter): void {
  const pair = async (options: FlaggingOptions<object>, ...entries: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    const bare = await world.serve(...entries)
    const tapped = await world.serve(use(mounted), ...entries)
    return { world, bare, tapped, mounted }
  }
  const tapped = async (options: FlaggingOptions<object>, ...entries: Entry[]) => {
    const world = await World.make(adapter)
    const mounted = world.flagging(options)
    return { world, mounted, server: await world.serve(use(mounted), ...entries) }
  }

  describe('transparency', () => {
    for (const mode of ['auto', 'manual', 'never'] as const) {
      test(`in ${mode} mode status, headers and bytes are those of the host`, async () => {
        const {
          bare,
          tapped: flagged,
          world,
        } = await pair({ mode }, ...REPLYING, route('POST /throwing', api.throwing))
        const json = { 'content-type': 'application/json' }
        const requests = [...Object.keys(REPLIES), 'throwing', 'nowhere'].flatMap((name) => [
          [`/${name}`, { method: 'POST', headers: json, body: '{"q":1}' }],
          [`/unread/${name}`, { method: 'PUT', headers: json, body: '{"q":1}' }],
          [`/${name}?q=1`, { method: 'GET' }],
          [`/${name}`, { method: 'HEAD' }],
        ]) as [string, Parameters<typeof exchange>[2]][]
        for (const [path, init] of requests) {
          if (adapter.isHTTP2 && path === '/unread/large') continue
          const expected = await exchange(bare, path, init)
          const answer = await exchange(flagged, path, init)
          expect([init.method, path, answer]).toEqual([init.method, path, expected])
        }
        await world.flush()
      })
    }

    test('requests reach the handler as they were sent, read whole or late', async () => {
      const seen: Buffer[] = []
      const arrived = deferred()
      const go = deferred()
      const late: Handler = async (request) => {
        arrived.resolve()
        await go.promise
        seen.push(await bytesOf(request))
        return answerJSON({ ok: true })
      }
      const { world, server } = await tapped({ mode: 'auto' }, route('POST /late', late))
      const body = JSON.stringify({ story: 'x'.repeat(60_000) })
      const headers = { 'content-type': 'application/json' }
      const answer = server.request('/late', { method: 'POST', headers, body })
      await arrived.promise
      for (let turns = 0; turns < 20; turns++) await turn()
      go.resolve()
      expect((await readAnswer(await answer)).json()).toEqual({ ok: true })
      expect(seen.map(String)).toEqual([body])
      await world.flush()
      expect(recordsOf(await world.read('late/logs.csv'))[0]?.['story']).toHaveLength(60_000)
    })

    test('each chunk arrives before the next one is made', async () => {
      for (const type of ['text/event-stream', 'text/plain', 'application/x-ndjson']) {
        const steps = [deferred(), deferred(), deferred()]
        const chunks = ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']
        const stepping = api.reading({
          headers: [['content-type', type]],
          body: async (out) => {
            for (const [index, chunk] of chunks.entries()) {
              await out.write(chunk)
              await steps[index]?.promise
            }
          },
        })
        const { server, world } = await tapped({ mode: 'auto' }, route('POST /steps', stepping))
        const response = await server.request('/steps', postJSON({ q: 1 }))
        const reader = response.body?.getReader()
        for (const [index, chunk] of chunks.entries()) {
          let received = ''
          while (received.length < chunk.length) {
            const { value, done } = (await reader?.read()) ?? {}
            expect(done).toBe(false)
            received += Buffer.from(value ?? []).toString()
          }
          expect(received).toBe(chunk)
          steps[index]?.resolve()
        }
        expect((await reader?.read())?.done).toBe(true)
        await world.flush()
      }
    })

    test('a reader that takes nothing holds the host back', async () => {
      const chunk = Buffer.alloc(256 * 1024, 1)
      const total = 128
      let made = 0
      const flood = api.reading({
        headers: [['content-type', 'application/octet-stream']],
        body: async (out) => {
          for (made = 0; made < total; made++) await out.write(chunk)
        },
      })
      const { world, server } = await tapped({ mode: 'auto' }, route('POST /flood', flood))
      const response = await unread(server, '/flood')
      await stalled(() => made, total)
      expect(made).toBeLessThan(total / 2)
      expect(await response.size()).toBe(total * chunk.length)
      await world.flush()
      expect(await world.bytes('flood/Output/0.bin')).toHaveLength(total * chunk.length)
    })

    test('a reader that leaves is noticed by the host, and logged on demand', async () => {
      const gone = deferred()
      const endless = api.reading({
        headers: [['content-type', 'text/plain']],
        body: async (out) => {
          await out.write('so far')
          await out.gone
          gone.resolve()
        },
      })
      const { world, server } = await tapped(
        {
          mode: 'auto',
          when: () => true,
          callback: () => new CSVLogger({ columns: ['status', 'ended'] }),
        },
        route('POST /endless', endless),
      )
      const response = await server.request('/endless', postJSON({ q: 1 }))
      const reader = response.body?.getReader()
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('so far')
      await reader?.cancel()
      await gone.promise
      await world.flush()
      expect(recordsOf(await world.read('endless/logs.csv'))).toEqual([
        { q: '1', Output: 'so far', status: '200', ended: 'aborted' },
      ])
    })

    test('without being asked, auto mode logs no answer that was cut off', async () => {
      const gone = deferred()
      const endless = api.reading({
        headers: [['content-type', 'text/plain']],
        body: async (out) => {
          await out.write('so far')
          await out.gone
          gone.resolve()
        },
      })
      const { world, server, mounted } = await tapped({ mode: 'auto' }, route('POST /x', endless))
      const reader = (await server.request('/x', postJSON({ q: 1 }))).body?.getReader()
      await reader?.read()
      await reader?.cancel()
      await gone.promise
      await world.flush()
      expect(await world.files()).toEqual([])
      await until(() => mounted.flagging.stats().memoryBytes === 0)
      expect(mounted.flagging.stats()).toMatchObject({ pending: 0, spillBytes: 0 })
    })

    test('many at once do not mix', async () => {
      const { world, server } = await tapped({ mode: 'auto' }, route('POST /echo', api.echo))
      const numbers = Array.from({ length: 200 }, (_, n) => n)
      const answers = await Promise.all(
        numbers.map((n) => send(server, '/echo', postJSON({ n, word: 'x'.repeat(n * 50 + 1) }))),
      )
      for (const [n, answer] of answers.entries()) {
        expect(answer.json()).toEqual({ n, word: 'x'.repeat(n * 50 + 1) })
      }
      await world.flush()
      const records = recordsOf(await world.read('echo/logs.csv'))
      expect(records.map(({ n }) => Number(n)).toSorted((a, b) => a - b)).toEqual(numbers)
      for (const row of records) {
        expect(row['n 2']).toBe(row['n'])
        expect(row['word']).toHaveLength(Number(row['n']) * 50 + 1)
        expect(row['word 2']).toBe(row['word'])
      }
    })
  })
}

/** A response of which nothing has been read yet. */
async function unread(server: Server, path: string): Promise<{ size(): Promise<number> }> {
  if (server.port === undefined) {
    const response = await server.request(path, postJSON({ q: 1 }))
    return { size: async () => (await readAnswer(response)).bytes.length }
  }
  const request = open(server, 'POST', path, { 'content-type': 'application/json' })
  request.end('{"q":1}')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return {
    async size() {
      let size = 0
      for await (const chunk of response) size += (chunk as Buffer).length
      return size
    },
  }
}

/** Resolves when a counter has stood still for many turns, or has reached its end. */
async function stalled(count: () => number, end: number): Promise<void> {
  for (let still = 0, before = -1; still < 200 && count() < end;) {
    still = count() === before ? still + 1 : 0
    before = count()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
