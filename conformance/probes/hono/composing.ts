import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { matchedRoutes, routePath } from 'hono/route'
import { testClient } from 'hono/testing'
import type { Probe } from '../../src/probe.ts'
import { answers, attempt, PROMPT, QUESTION, reads, REPLY } from './shapes.ts'

/** How apps are put together, and what middleware does to answers. */
export const COMPOSING_ON_HONO: readonly Probe[] = [
  {
    name: 'a part of the app under app.route() has its own middleware and parameters',
    hono(app, { saw }) {
      const part = new Hono().basePath('/v1')
      part.use('/birds/*', async (c, next) => {
        saw('in', [c.req.path, routePath(c), matchedRoutes(c).length > 0])
        await next()
        saw('out', [c.res.status, routePath(c)])
      })
      part.post('/birds/:name{[a-z]+}', async (c) =>
        c.json([c.req.param(), routePath(c), await c.req.json<object>()]),
      )
      app.route('/api', part)
    },
    play: async (client) => [
      await client.exchange({ ...QUESTION, path: '/api/v1/birds/heron' }),
      await client.exchange({ ...QUESTION, path: '/api/v1/birds/7' }),
    ],
    kept: [PROMPT],
  },
  {
    name: 'a raw handler under app.mount() gets the request and the rest of the path',
    hono(app) {
      app.mount('/raw', async (request: Request, env: object) =>
        Response.json([
          request.method,
          new URL(request.url).pathname,
          await request.text(),
          request instanceof Request,
          Object.keys(env),
        ]),
      )
      app.mount('/same', (request: Request) => new Response(request.body), {
        replaceRequest: (request) => request,
      })
    },
    play: async (client) => [
      await client.exchange({ ...QUESTION, path: '/raw/a/b' }),
      await client.exchange({ ...QUESTION, path: '/same/a' }),
    ],
    kept: [PROMPT],
  },
  {
    name: 'the app may call itself while it answers',
    hono(app, { saw }) {
      app.post('/inner', async (c) => {
        saw('inner', [await c.req.text(), c.env === undefined, typeof c.env])
        return c.json({ inner: REPLY }, 201)
      })
      app.post('/', async (c) => {
        const asked = await c.req.text()
        const one = await app.request('/inner', { method: 'POST', body: `${asked} 1` })
        const two = await app.request(
          '/inner',
          { method: 'POST', body: `${asked} 2` },
          c.env as object,
        )
        const three = await app.fetch(
          new Request('http://a/inner', { method: 'POST', body: `${asked} 3` }),
          c.env as object,
        )
        const found = [one, two, three].map(async (answer) => [answer.status, await answer.text()])
        return c.json(await Promise.all(found))
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT, REPLY],
  },
  {
    name: 'the app may answer with what another app has answered',
    hono(app) {
      const other = new Hono()
      other.post('/', async (c) =>
        c.text(`other: ${await c.req.text()}`, 202, { 'X-Bird': 'heron' }),
      )
      other.post('/stream', (c) => new Response(c.req.raw.body))
      app.post('/whole', (c) =>
        other.fetch(new Request(new URL('/', c.req.url), c.req.raw), c.env as object),
      )
      app.post('/stream', (c) => other.fetch(c.req.raw, c.env as object))
      app.post('/without', (c) =>
        other.request('/', { method: 'POST', body: c.req.raw.body, duplex: 'half' } as RequestInit),
      )
    },
    play: async (client) => [
      await client.exchange({ ...QUESTION, path: '/whole' }),
      await client.exchange({ ...QUESTION, path: '/stream' }),
      await client.exchange({ ...QUESTION, path: '/without' }),
    ],
    kept: [PROMPT],
  },
  {
    name: 'a test client of the app works within the process',
    hono(app) {
      app.post('/inner', (c) => c.text(REPLY))
      app.post('/', async (c) => {
        const typed = new Hono().post('/ask', async (inner) => inner.text(await inner.req.text()))
        const client = testClient(typed)
        const answer = await client.ask.$post(undefined, { init: { body: 'asked' } })
        return c.json([
          await answer.text(),
          await (await app.request('/inner', { method: 'POST' })).text(),
        ])
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [REPLY],
  },
  {
    name: 'a second server of the same app, inside the first, answers alike',
    hono(app) {
      app.post('/inner', async (c) => c.text(`inner ${await c.req.text()}`))
      app.post('/', async (c) => {
        const server = createAdaptorServer({ fetch: app.fetch })
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        const { port } = server.address() as { port: number }
        const init = { method: 'POST', body: await c.req.text(), headers: { Connection: 'close' } }
        const answer = await fetch(`http://127.0.0.1:${port}/inner`, init)
        const text = await answer.text()
        server.close()
        return c.text(text)
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT],
  },
  reads('there is no execution context, and no event', async (c) => [
    await attempt(() => typeof c.executionCtx),
    await attempt(() => typeof c.event),
  ]),
  reads('the environment is the socket\u2019s two sides and no more', (c) => [
    Object.keys(c.env as object),
    (c.env as { incoming: object }).incoming.constructor.name,
    (c.env as { outgoing: object }).outgoing.constructor.name,
    Object.keys(c.var as object),
    c.finalized,
    c.error === undefined,
  ]),
  {
    name: 'variables go from middleware to handler and back',
    hono(app, { saw }) {
      app.use(
        createMiddleware(async (c, next) => {
          c.set('first' as never, 'set before' as never)
          await next()
          saw('variables', c.var)
          saw('second', c.get('second' as never))
        }),
      )
      app.post('/', (c) => {
        c.set('second' as never, 'set within' as never)
        return c.json({ ...(c.var as object) })
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: ['set within'],
  },
  answers(
    'what a handler does after it has returned is done',
    (c, { saw }) => {
      queueMicrotask(() => saw('in the microtask'))
      setImmediate(() => saw('in the next turn'))
      return c.text(REPLY)
    },
    { kept: [REPLY] },
  ),
  {
    name: 'a hundred requests at once are answered each with its own',
    hono(app) {
      app.post('/:n', async (c) => {
        await new Promise(setImmediate)
        return c.json([c.req.param('n'), await c.req.text()])
      })
    },
    async play(client) {
      const asked = Array.from({ length: 100 }, (_, n) =>
        client.exchange({ path: `/${n}`, headers: {}, body: `question ${n}` }),
      )
      return (await Promise.all(asked)).map(({ status, body }) => [status, body])
    },
    kept: ['question 0', 'question 99'],
  },
]
