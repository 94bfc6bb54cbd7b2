import { image } from '@flagging/core'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { describe, expect, test } from 'vitest'
import { png } from '../../../test/contract/png.ts'
import {
  flag,
  postForm,
  postJSON,
  postParts,
  recordsOf,
  rowsOf,
  send,
  upload,
} from '../../../test/contract/wire.ts'
import { pair, WAYS } from './hono-world.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }

/** Middlewares that read before us, each in its own way. */
const EARLY: Record<string, MiddlewareHandler> = {
  'c.req.json()': async (c, next) => {
    await c.req.json()
    await next()
  },
  'c.req.text()': async (c, next) => {
    await c.req.text()
    await next()
  },
  'c.req.arrayBuffer()': async (c, next) => {
    await c.req.arrayBuffer()
    await next()
  },
  'c.req.blob()': async (c, next) => {
    await c.req.blob()
    await next()
  },
  'c.req.json(), not awaited': async (c, next) => {
    void c.req.json()
    await next()
  },
}

for (const [way, serve] of Object.entries(WAYS)) {
  describe(`Hono ${way}: bodies that were read before us`, () => {
    for (const [how, early] of Object.entries(EARLY)) {
      test(`by ${how}: captured, and still there for the handler`, async () => {
        const { world, tapped } = await pair(
          serve,
          { mode: 'auto' },
          (app) => {
            app.post('/calculate', async (c) => c.json((await c.req.json<typeof sample>()).num1))
          },
          early,
        )
        expect((await send(tapped, '/calculate', postJSON(sample))).json()).toBe(5)
        await world.flush()
        expect(await world.read('calculate/logs.csv')).toBe(
          'num1,operation,num2,Output\n5,add,7,5\n',
        )
      })

      test(`by ${how}: a flag is taken as it was read`, async () => {
        const { world, tapped } = await pair(
          serve,
          { inputs },
          (app) => {
            app.post('/calculate', (c) => c.json(12))
          },
          async (c, next) => (c.req.method === 'POST' ? early(c, next) : next()),
        )
        const { id } = await send(tapped, '/calculate', postJSON(sample))
        expect((await flag(tapped, id)).status).toBe(201)
        expect((await flag(tapped, id, { option: 'x' })).status).toBe(400)
        expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
      })
    }

    test('by a middleware that hands the body on: captured as the handler has read it', async () => {
      const handOn: MiddlewareHandler = async (c, next) => {
        const chunks: Uint8Array[] = []
        const body = c.req.raw.body as unknown as AsyncIterable<Uint8Array>
        for await (const chunk of body) chunks.push(chunk)
        const { url, method, headers } = c.req.raw
        c.req.raw = new Request(url, { method, headers, body: Buffer.concat(chunks) })
        await next()
      }
      const { world, tapped } = await pair(
        serve,
        { mode: 'auto' },
        (app) => {
          app.post('/calculate', async (c) => c.json((await c.req.json<typeof sample>()).num1))
        },
        handOn,
      )
      expect((await send(tapped, '/calculate', postJSON(sample))).json()).toBe(5)
      await world.flush()
      expect(await world.read('calculate/logs.csv')).toBe('num1,operation,num2,Output\n5,add,7,5\n')
    })

    test('forms with files, by parseBody', async () => {
      const { world, tapped } = await pair(
        serve,
        { mode: 'auto' },
        (app) => {
          app.post('/sepia', async (c) => c.text((await c.req.parseBody<{ note: string }>()).note))
        },
        async (c, next) => {
          await c.req.parseBody()
          await next()
        },
      )
      const parts = { im: [upload(png(1)), upload(png(2))], note: '7' }
      expect((await send(tapped, '/sepia', postParts(parts))).text).toBe('7')
      await world.flush()
      await send(tapped, '/sepia', postForm({ note: '007' }))
      await world.flush()
      expect(recordsOf(await world.read('sepia/logs.csv'))).toEqual([
        { im: '["im/0-0.png","im/0-1.png"]', note: '7', Output: "'7" },
        { im: '', note: '007', Output: '007' },
      ])
      expect(await world.bytes('sepia/im/0-1.png')).toEqual(png(2))
    })

    test('posted samples with files, by parseBody', async () => {
      const { world, tapped } = await pair(
        serve,
        { inputs: [image('im')], outputs: ['note'], acceptData: true },
        () => {},
        async (c, next) => {
          await c.req.parseBody()
          await next()
        },
      )
      const posted = await send(tapped, '/flag', postParts({ im: upload(png(1)), note: 'x' }))
      expect([posted.status, posted.json()]).toEqual([201, { count: 1 }])
      expect(await world.read()).toBe('im,note\nim/0.png,x\n')
      expect(await world.bytes('im/0.png')).toEqual(png(1))
    })

    test('nothing is left: empty cells, and one report per endpoint that says what to do', async () => {
      const { world, tapped, flagging } = await pair(
        serve,
        { mode: 'auto' },
        (app) => {
          app.post('/calculate', (c) => c.json(12))
        },
        async (c, next) => {
          await c.req.raw.text()
          await next()
        },
      )
      for (let count = 0; count < 2; count++) {
        expect((await send(tapped, '/calculate', postJSON(sample))).json()).toBe(12)
      }
      await flagging.flush()
      expect(world.errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_BODY_GONE' })])
      expect(String(world.errors[0])).toContain('before')
      expect(rowsOf(await world.read('calculate/logs.csv'))).toEqual([['Output'], ['12'], ['12']])
    })

    test('redaction reaches them, too', async () => {
      const { world, tapped } = await pair(
        serve,
        { mode: 'auto' },
        (app) => {
          app.post('/login', (c) => c.json({ ok: true }))
        },
        EARLY['c.req.json()'] as MiddlewareHandler,
      )
      const body = { password: 'hidden-one', deep: { token: 'hidden-two' }, q: 1 }
      await send(tapped, '/login', postJSON(body))
      await world.flush()
      const log = await world.read('login/logs.csv')
      expect(log).not.toContain('hidden')
      expect(log.match(/\[redacted\]/g)).toHaveLength(2)
    })

    test("Hono's CORS middleware can expose the id to other origins", async () => {
      const origin = 'https://app.example.com'
      const { tapped } = await pair(
        serve,
        { inputs, origins: [origin] },
        (app) => {
          app.post('/calculate', (c) => c.json(12))
        },
        cors({ origin, exposeHeaders: ['Flagging-Id'] }),
      )
      const made = await send(tapped, '/calculate', postJSON(sample, { origin }))
      expect(made.headers.get('access-control-expose-headers')).toBe('Flagging-Id')
      const headers = { origin, 'sec-fetch-site': 'cross-site' }
      const flagged = await send(tapped, '/flag', postJSON({ id: made.id }, headers))
      expect(flagged.status).toBe(201)
      expect(flagged.headers.get('access-control-allow-origin')).toBe(origin)
    })
  })
}
