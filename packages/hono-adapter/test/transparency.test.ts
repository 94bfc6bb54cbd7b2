import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { CSVLogger } from '@flagging/core'
import type { flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { timing } from 'hono/timing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { png } from '../../../test/contract/png.ts'
import {
  deferred,
  exchange,
  flag,
  postForm,
  postJSON,
  postParts,
  recordsOf,
  send,
  upload,
} from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { onSockets } from './hono-host.ts'
import { pair, WAYS } from './hono-world.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const JSON_BODY = '{"q":"eine Frage"}'
const init = { method: 'POST', headers: JSON_TYPE, body: JSON_BODY }

const READERS: Record<string, (c: Context) => Promise<string>> = {
  'c.req.json()': async (c) => JSON.stringify(await c.req.json()),
  'c.req.json() twice': async (c) => {
    await c.req.json()
    return JSON.stringify(await c.req.json())
  },
  'c.req.text()': (c) => c.req.text(),
  'c.req.arrayBuffer()': async (c) => Buffer.from(await c.req.arrayBuffer()).toString(),
  'c.req.blob()': async (c) => (await c.req.blob()).text(),
  'c.req.raw.json()': async (c) => JSON.stringify(await c.req.raw.json()),
  'c.req.raw.text()': (c) => c.req.raw.text(),
  'c.req.raw.clone()': (c) => c.req.raw.clone().text(),
  'c.req.raw.body': async (c) => {
    const chunks: Uint8Array[] = []
    const body = c.req.raw.body as unknown as AsyncIterable<Uint8Array>
    for await (const chunk of body) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  },
  'a later turn': async (c) => {
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
    return c.req.text()
  },
}

for (const [way, serve] of Object.entries(WAYS)) {
  describe(`Hono ${way}: transparent to handlers`, () => {
    for (const [how, read] of Object.entries(READERS)) {
      test(`a handler reads by ${how}; the body is captured`, async () => {
        const { world, tapped } = await pair(serve, { mode: 'auto' }, (app) => {
          app.post('/read', async (c) => c.body(await read(c)))
        })
        const body = JSON.stringify({ q: 'ü'.repeat(30_000) })
        expect((await send(tapped, '/read', { ...init, body })).text).toBe(body)
        await world.flush()
        expect(recordsOf(await world.read('read/logs.csv'))[0]?.['q']).toBe('ü'.repeat(30_000))
      })
    }

    test('forms are read as without us, by formData and by parseBody', async () => {
      const { world, tapped } = await pair(serve, { mode: 'auto' }, (app) => {
        app.post('/form', async (c) =>
          c.json(Object.fromEntries(await c.req.formData()) as Record<string, string>),
        )
        app.post('/parsed', async (c) => {
          const { im, note } = await c.req.parseBody<{ im: File; note: string }>()
          const bytes = await im.arrayBuffer()
          return c.body(bytes, 200, { 'Content-Type': 'image/png', 'X-Note': note })
        })
      })
      const form = await send(tapped, '/form', postForm({ a: '1', b: 'zwei' }))
      expect(form.json()).toEqual({ a: '1', b: 'zwei' })
      const parsed = await send(tapped, '/parsed', postParts({ im: upload(png(4, 64)), note: 'n' }))
      expect([parsed.bytes, parsed.headers.get('x-note')]).toEqual([png(4, 64), 'n'])
      await world.flush()
      expect(await world.read('form/logs.csv')).toBe(`a,b,a 2,b 2\n1,zwei,'1,zwei\n`)
      expect(await world.bytes('parsed/im/0.png')).toEqual(png(4, 64))
      expect(await world.bytes('parsed/Output/0.png')).toEqual(png(4, 64))
    })

    for (const mode of ['auto', 'manual'] as const) {
      test(`in ${mode} mode what handlers and other middlewares answer comes out unchanged`, async () => {
        const { bare, tapped, world } = await pair(serve, { mode }, (app) => {
          app.use('/wrapped/*', secureHeaders())
          app.use('/wrapped/*', async (c, next) => {
            await next()
            c.header('X-After', 'set')
            c.res.headers.append('Set-Cookie', 'late=1')
          })
          app.use('/tagged/*', etag())
          app.use('/timed/*', timing({ total: false }))
          app.use('/replaced/*', async (c, next) => {
            await next()
            c.res = new Response(`<${await c.res.text()}>`, c.res)
          })
          for (const path of ['/plain/x', '/wrapped/x', '/tagged/x', '/timed/x', '/replaced/x']) {
            app.post(path, (c) => c.text('text', 201, { 'X-Own': 'own' }))
          }
          app.post('/json', (c) => c.json({ a: 'ü' }))
          app.post('/html', (c) => c.html('<p>ü</p>'))
          app.post('/empty', (c) => c.body(null, 204))
          app.post('/redirect', (c) => c.redirect('/json', 303))
          app.post('/cookies', (c) => {
            c.header('Set-Cookie', 'a=1')
            c.header('Set-Cookie', 'b=2', { append: true })
            return c.text('two')
          })
          app.post('/bytes', (c) => c.body(new Uint8Array(png(1))))
          app.post('/missing', (c) => c.notFound())
          app.post('/thrown', () => {
            throw new Error('broken')
          })
          app.post('/fetched', async () => new Response(new Blob(['from a blob'])))
          app.post('/text-stream', (c) =>
            streamText(c, async (out) => {
              for (const word of ['ein ', 'zwei ', 'drei']) await out.write(word)
            }),
          )
          app.post('/byte-stream', (c) =>
            stream(c, async (out) => {
              await out.write(new Uint8Array([1, 2, 3]))
            }),
          )
          app.post('/events', (c) =>
            streamSSE(c, async (out) => {
              for (const data of ['a', 'b']) await out.writeSSE({ event: 'tick', data })
            }),
          )
        })
        const paths = ['plain/x', 'wrapped/x', 'tagged/x', 'timed/x', 'replaced/x', 'json', 'html']
        paths.push('empty', 'redirect', 'cookies', 'bytes', 'missing', 'thrown', 'fetched')
        paths.push('text-stream', 'byte-stream', 'events')
        for (const path of paths) {
          const expected = await exchange(bare, `/${path}`, init)
          expect([path, await exchange(tapped, `/${path}`, init)]).toEqual([path, expected])
        }
        await world.flush()
      })
    }

    test('compression behind us changes nothing, and the log is plain', async () => {
      const words = 'viele Wörter '.repeat(1000)
      const { bare, tapped, world } = await pair(serve, { mode: 'auto' }, (app) => {
        app.use(compress())
        app.post('/words', (c) => c.text(words))
      })
      const zipped = { ...init, headers: { ...JSON_TYPE, 'accept-encoding': 'gzip' } }
      const answer = await exchange(tapped, '/words', zipped)
      expect(answer).toEqual(await exchange(bare, '/words', zipped))
      expect(gunzipSync(Buffer.from(answer.body, 'base64')).toString()).toBe(words)
      await world.flush()
      expect(recordsOf(await world.read('words/logs.csv'))).toEqual([
        { q: 'eine Frage', Output: words },
      ])
    })

    test('what later middlewares make of the answer is what is logged', async () => {
      const { world, tapped } = await pair(serve, { mode: 'auto' }, (app) => {
        app.use(async (c, next) => {
          await next()
          c.res = c.json({ wrapped: await c.res.json() })
        })
        app.post('/ask', (c) => c.json({ a: 1 }))
      })
      expect((await send(tapped, '/ask', postJSON({ q: 1 }))).json()).toEqual({ wrapped: { a: 1 } })
      await world.flush()
      expect(await world.read('ask/logs.csv')).toBe('q,wrapped\n1,"{""a"":1}"\n')
    })

    test('a handler that is told of the abort, is; the stream it sends is ended', async () => {
      const aborted = deferred()
      const callback = () => new CSVLogger({ columns: ['ended'] })
      const options = { mode: 'auto' as const, when: () => true, callback }
      const { world, tapped } = await pair(serve, options, (app) => {
        app.post('/events', (c) =>
          streamSSE(c, async (out) => {
            out.onAbort(() => aborted.resolve())
            await out.writeSSE({ data: 'first' })
            await aborted.promise
          }),
        )
      })
      const response = await tapped.request('/events', postJSON({ q: 1 }))
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
      await aborted.promise
      await world.flush()
      expect(await world.read('events/logs.csv')).toMatch(/^q,Output,ended\n1,.*first.*,aborted\n$/)
    })

    test('a stream that breaks is an error, for the client and in the log', async () => {
      const callback = () => new CSVLogger({ columns: ['ended'] })
      const options = { mode: 'auto' as const, when: () => true, callback }
      const { world, tapped } = await pair(serve, options, (app) => {
        app.post('/broken', (c) => {
          let count = 0
          return c.body(
            new ReadableStream<Uint8Array>({
              pull(controller) {
                if (count++ === 0) controller.enqueue(new TextEncoder().encode('some'))
                else controller.error(new Error('source broke'))
              },
            }),
          )
        })
      })
      const response = await tapped.request('/broken', postJSON({ q: 1 }))
      await expect(response.text()).rejects.toBeInstanceOf(Error)
      await world.flush()
      expect(recordsOf(await world.read('broken/logs.csv'))).toMatchObject([
        { q: '1', Output: expect.stringMatching(/^some/), ended: 'error' },
      ])
    })

    test('a call that the app makes of itself belongs to the request that made it', async () => {
      const { world, tapped } = await pair(serve, { mode: 'auto' }, (app) => {
        app.post('/inner', async (c) => c.json({ inner: (await c.req.json<{ q: number }>()).q }))
        app.post('/outer', async (c) => {
          const body = await c.req.text()
          const answer = await app.request('/inner', { ...init, body })
          return c.json({ outer: await answer.json() })
        })
      })
      const outer = await send(tapped, '/outer', postJSON({ q: 1 }))
      expect(outer.json()).toEqual({ outer: { inner: 1 } })
      await world.flush()
      expect(await world.files()).toEqual(['outer/logs.csv'])
      expect(await world.read('outer/logs.csv')).toBe('q,outer\n1,"{""inner"":1}"\n')
    })

    test('nor does such a call get an id of its own', async () => {
      const { world, tapped } = await pair(serve, {}, (app) => {
        app.post('/inner', (c) => c.json({ ok: true }))
        app.post('/outer', async (c) => {
          await c.req.text()
          const answer = await app.request('/inner', init)
          return c.json({ inner: answer.headers.get('flagging-id') })
        })
      })
      const outer = await send(tapped, '/outer', postJSON({ q: 1 }))
      expect(outer.json()).toEqual({ inner: null })
      expect((await flag(tapped, outer.id)).status).toBe(201)
      expect(await world.files()).toEqual(['outer/logs.csv'])
    })

    test('a body that the handler leaves unread harms nobody', async () => {
      const { world, tapped } = await pair(serve, { mode: 'auto' }, (app) => {
        app.post('/ask', (c) => c.json({ a: 1 }))
      })
      for (let count = 0; count < 3; count++) {
        const answer = await send(tapped, '/ask', postJSON({ q: 'x'.repeat(200_000) }))
        expect(answer.json()).toEqual({ a: 1 })
      }
      await world.flush()
      expect(recordsOf(await world.read('ask/logs.csv')).every(({ a }) => a === '1')).toBe(true)
    })
  })
}

describe('Hono on HTTP/2', () => {
  test('a form without a length is captured, and answered as it is', async () => {
    const world = await World.make(onSockets)
    const middleware = world.flagging({}) as unknown as ReturnType<typeof flagging>
    const app = new Hono()
    app.use(middleware)
    app.post('/sepia', async (c) => {
      const { im } = await c.req.parseBody()
      return c.body(await (im as File).arrayBuffer(), 200, { 'Content-Type': 'image/png' })
    })
    const server = createAdaptorServer({ fetch: app.fetch, createServer: createHttp2Server })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      session.destroy()
      server.close()
    })
    const form = new Response(postParts({ im: upload(png(2)) }).body as FormData)
    const request = session.request({
      ':method': 'POST',
      ':path': '/sepia',
      'content-type': form.headers.get('content-type') ?? '',
    })
    request.end(Buffer.from(await form.arrayBuffer()))
    const [headers] = (await once(request, 'response')) as [Record<string, string>]
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    expect(headers[':status']).toBe(200)
    expect(Buffer.concat(chunks)).toEqual(png(2))
    expect(headers['flagging-id']).toMatch(/^[\w-]{22}$/)
    expect(await middleware.flagging.flag(headers['flagging-id'] ?? '')).toBe(1)
    expect(await world.read('sepia/logs.csv')).toBe('im,Output\nim/0.png,Output/0.png\n')
    expect(await world.bytes('sepia/im/0.png')).toEqual(png(2))
  })
})
