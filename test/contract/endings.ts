import { once } from 'node:events'
import { connect } from 'node:net'
import { CSVLogger, type FlaggingOptions } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, answerJSON, bytesOf, type Entry, type Handler, route, use } from './host.ts'
import { loaded } from './loaded.ts'
import { World } from './world.ts'
import { deferred, postJSON, readAnswer, send, until } from './wire.ts'

/** One row per interaction, which says how it ended, whatever ends it. */
export function endingsContract(adapter: Adapter): void {
  const start = async (options: FlaggingOptions<object>, ...routes: readonly Entry[]) => {
    const world = await World.make(adapter)
    const callback = () =>
      new CSVLogger({ columns: ['status', 'ended', 'truncated'], fsync: 'none' })
    const mounted = world.flagging({ mode: 'auto', when: () => true, callback, ...options })
    const server = await world.serve(use(mounted), ...routes)
    const { flagging } = mounted
    /** What was stored, once so many rows are there and nothing more is to come. */
    const rows = async (count: number) => {
      await until(() => flagging.stats().stored >= count && flagging.stats().pending === 0)
      await world.flush()
      const samples = await loaded(world)
      return Object.fromEntries(
        Object.entries(samples).map(([endpoint, list]) => [
          endpoint,
          list.map(({ outputs, details: { status, ended, truncated } }) => [
            Object.values(outputs)[0] ?? null,
            status,
            ended,
            truncated,
          ]),
        ]),
      )
    }
    return { world, server, rows }
  }
  /** Streams its answer, and fails: at once, or when the client has left. */
  const broken = (when: 'at once' | 'gone', pieces: readonly (string | Uint8Array)[]): Handler =>
    api.reading({
      headers: [['content-type', 'text/event-stream']],
      body: async (out) => {
        for (const piece of pieces) await out.write(piece)
        if (when === 'gone') await out.gone
        throw new Error('the stream broke')
      },
    })

  describe('one row per interaction', () => {
    test('for answers without a body and for parts of one', async () => {
      const part: [string, string][] = [
        ['content-type', 'text/plain'],
        ['content-range', 'bytes 0-3/9'],
      ]
      const { server, rows } = await start(
        {},
        route('GET /head', () => ({ headers: [['content-length', '5']], body: 'hello' })),
        route('POST /none', api.reading({ status: 204 })),
        route('POST /same', api.reading({ status: 304, headers: [['etag', '"1"']] })),
        route('POST /part', api.reading({ status: 206, headers: part, body: 'half' })),
        route('POST /gone', api.reading({ status: 302, headers: [['location', '/']] })),
        route('POST /failed', api.reading(answerJSON({ error: 1 }, 500))),
        route('POST /thrown', api.throwing),
      )
      await send(server, '/head', { method: 'HEAD' })
      for (const path of ['none', 'same', 'part', 'gone', 'failed', 'thrown']) {
        await send(server, `/${path}`, { ...postJSON({ q: 1 }), redirect: 'manual' })
      }
      expect(await rows(7)).toEqual({
        'HEAD.head': [[null, 200, 'complete', false]],
        none: [[null, 204, 'complete', false]],
        same: [[null, 304, 'complete', false]],
        part: [['half', 206, 'complete', false]],
        gone: [[null, 302, 'complete', false]],
        failed: [[1, 500, 'complete', false]],
        thrown: [[expect.stringContaining('Error'), 500, 'complete', false]],
      })
    })

    test('for a stream that breaks: what was sent is there, up to its last whole event', async () => {
      const delta = (content: string) =>
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
      const { server, rows } = await start(
        {},
        route('POST /ask', broken('at once', [delta('Hel'), delta('lo'), delta('!').slice(0, -9)])),
      )
      const response = await server.request('/ask', postJSON({ q: 1 })).catch(() => undefined)
      await response?.arrayBuffer().catch(() => undefined)
      expect(await rows(1)).toEqual({ ask: [['Hello', 200, 'error', true]] })
    })

    test('for a client that leaves, also where the handler breaks on that', async () => {
      const { server, rows } = await start(
        {},
        route(
          'POST /ask',
          broken('gone', [Buffer.from('data: one\n\ndata: zw\u00f6').subarray(0, -1)]),
        ),
      )
      const response = await server.request('/ask', postJSON({ q: 1 }))
      const reader = response.body?.getReader()
      let received = 0
      while (received < 20) received += (await reader?.read())?.value?.length ?? 20
      await reader?.cancel()
      expect(await rows(1)).toEqual({ ask: [[['one'], 200, 'aborted', true]] })
    })

    test('for an answer that is over the cap and broken off', async () => {
      const { server, rows } = await start(
        { limits: { bodyBytes: 10 } },
        route(
          'POST /ask',
          api.reading({
            headers: [['content-type', 'text/plain']],
            body: async (out) => {
              await out.write('0123456789abc')
              await out.gone
            },
          }),
        ),
      )
      const response = await server.request('/ask', postJSON({ q: 1 }))
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
      expect(await rows(1)).toEqual({ ask: [['0123456789', 200, 'aborted', true]] })
    })

    test('when a flag by hand and a second one come while it ends', async () => {
      const world = await World.make(adapter)
      const mounted = world.flagging({})
      const go = deferred()
      const flags: Promise<number>[] = []
      const server = await world.serve(
        use(mounted),
        route('POST /ask', async (request) => {
          await bytesOf(request)
          for (let n = 0; n < 3; n++) flags.push(mounted.flagging.flag(request.target))
          await go.promise
          return answerJSON({ a: 1 })
        }),
      )
      const answer = server.request('/ask', postJSON({ q: 1 }))
      await until(() => flags.length === 3)
      go.resolve()
      await readAnswer(await answer)
      expect(await Promise.all(flags)).toEqual([1, 1, 1])
      expect((await loaded(world))['ask']).toHaveLength(1)
    })
  })

  if (!adapter.hasSockets) return

  describe('one row per interaction on a socket', () => {
    test('of requests that are pipelined, each with its own bodies', async () => {
      const { server, rows } = await start({}, route('POST /echo', api.echo))
      const socket = connect(server.port as number, '127.0.0.1')
      const post = (n: number) =>
        `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nbody ${n}`
      socket.write([1, 2, 3].map(post).join(''))
      let received = ''
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
      await until(() => [1, 2, 3].every((n) => received.includes(`body ${n}`)))
      socket.end()
      await once(socket, 'close')
      const { echo = [] } = await rows(3)
      const sorted = echo.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
      expect(sorted).toEqual([1, 2, 3].map((n) => [`body ${n}`, 200, 'complete', false]))
    })

    test('of an old client that tells no length and is told none', async () => {
      const { server, rows } = await start(
        {},
        route('POST /ask', api.streaming('text/plain', ['one ', 'two'])),
      )
      const socket = connect(server.port as number, '127.0.0.1')
      socket.end(
        'POST /ask HTTP/1.0\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi',
      )
      let received = ''
      for await (const chunk of socket) received += String(chunk)
      expect(received).toMatch(/one two$/)
      expect(await rows(1)).toEqual({ ask: [['one two', 200, 'complete', false]] })
    })

    test('of a server that is closed in the middle of an answer', async () => {
      const closing = deferred()
      const { server, rows } = await start(
        {},
        route(
          'POST /ask',
          api.reading({
            headers: [['content-type', 'text/plain']],
            body: async (out) => {
              await out.write('one ')
              await closing.promise
              await out.write('two')
            },
          }),
        ),
      )
      const response = await server.request('/ask', postJSON({ q: 1 }))
      server.stop?.()
      closing.resolve()
      expect(await response.text()).toBe('one two')
      expect(await rows(1)).toEqual({ ask: [['one two', 200, 'complete', false]] })
    })
  })
}
