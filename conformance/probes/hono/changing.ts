import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Probe } from '../../src/probe.ts'
import { QUESTION, REPLY, streamOf } from './shapes.ts'

/** What middleware does to the answers of handlers. */
export const CHANGING_ON_HONO: readonly Probe[] = [
  ...Object.entries({
    'set a header': (c) => c.header('X-Bird', 'grey heron'),
    'append to a header': (c) => c.header('Vary', 'X-Bird', { append: true }),
    'delete a header': (c) => c.header('X-Bird', undefined),
    'set a header on c.res': (c) => c.res.headers.set('X-Bird', 'grey heron'),
    'append cookies to c.res': (c) => {
      c.res.headers.append('Set-Cookie', 'c=3')
      c.res.headers.append('Set-Cookie', 'd=4')
    },
    'delete a header of c.res': (c) => c.res.headers.delete('X-Bird'),
    'set another status': (c) => c.status(404),
    'replace c.res': (c) => (c.res = new Response('replaced', { status: 203 })),
    'replace c.res by one of a stream': (c) => (c.res = new Response(streamOf('re', 'placed'))),
    'wrap the body of c.res': (c) => {
      const louder = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(Buffer.from(Buffer.from(chunk).toString().toUpperCase()))
        },
      })
      c.res = new Response(c.res.body!.pipeThrough(louder), c.res)
    },
    'read c.res and answer with it': async (c) => {
      const read = await c.res.text()
      c.res = new Response(`${read} (read)`, { status: c.res.status })
    },
    'clone c.res and read the clone': async (c) => {
      c.header('X-Read', (await c.res.clone().text()).length.toString())
    },
    'undefine c.res first': (c) => {
      c.res = undefined
      c.res = new Response('undefined first')
    },
  } satisfies Record<string, (c: Context) => unknown>).map(afterNext),
  {
    name: 'a response that earlier middleware has set goes out',
    hono(app, { saw }) {
      app.use(async (c) => {
        c.res = new Response('set early', { status: 218, headers: { 'X-Bird': 'heron' } })
        saw('finalized', c.finalized)
      })
      app.post('/', (c) => c.text(REPLY))
    },
    play: (client) => client.exchange(QUESTION),
  },
  {
    name: 'middleware that answers without next() keeps the handler out',
    hono(app, { saw }) {
      app.use(async (c) => c.text('not you', 403))
      app.post('/', (c) => {
        saw('handled')
        return c.text(REPLY)
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: ['not you'],
  },
  {
    name: 'headers that were prepared before are in the answer of the handler',
    hono(app) {
      app.use(async (c, next) => {
        c.header('X-Before', '1')
        c.header('Set-Cookie', 'a=1', { append: true })
        c.res.headers.append('X-Early', 'yes')
        await next()
      })
      app.post('/', (c) => {
        c.header('Set-Cookie', 'b=2', { append: true })
        return c.json({ reply: REPLY })
      })
      app.post('/raw', () => new Response(REPLY, { headers: { 'Set-Cookie': 'own=1' } }))
    },
    play: async (client) => [
      await client.exchange(QUESTION),
      await client.exchange({ ...QUESTION, path: '/raw' }),
    ],
    kept: [REPLY],
  },
]

/** Middleware that does something to the answer of the handler, before and after the subject. */
function afterNext([what, change]: [string, (c: Context) => unknown]): Probe {
  return {
    name: `middleware before and within may ${what} after next()`,
    mounts: 'itself',
    hono(app, { mount }) {
      const changing = createMiddleware(async (c, next) => {
        await next()
        await change(c)
      })
      app.use('/before/*', changing)
      mount()
      app.use('/within/*', changing)
      for (const place of ['before', 'within']) {
        app.post(`/${place}/text`, (c) =>
          c.text(REPLY, 200, { 'X-Bird': 'heron', 'Set-Cookie': ['a=1', 'b=2'] }),
        )
        app.post(`/${place}/stream`, (c) => c.body(streamOf('on one leg ', 'in the reeds')))
        app.post(
          `/${place}/raw`,
          () => new Response(Buffer.from(REPLY), { headers: { Vary: 'A' } }),
        )
      }
    },
    async play(client) {
      const found: unknown[] = []
      for (const place of ['before', 'within']) {
        for (const kind of ['text', 'stream', 'raw']) {
          found.push(await client.exchange({ ...QUESTION, path: `/${place}/${kind}` }))
        }
      }
      return found
    },
  }
}
