import { stream, streamSSE, streamText } from 'hono/streaming'
import { inspect } from 'node:util'
import type { Probe } from '../../src/probe.ts'
import { answers, REPLY, streamOf } from './shapes.ts'

const BYTES = Uint8Array.from([0, 255, 137, 80, 78, 71, 13, 10, 26, 10])

/** How handlers answer on Hono. */
export const ANSWERING_ON_HONO: readonly Probe[] = [
  answers('c.json() answers with its type and length', (c) => c.json({ reply: REPLY }), {
    kept: [REPLY],
  }),
  answers(
    'c.json() with a status and headers of its own',
    (c) =>
      c.json({ reply: REPLY }, 201, {
        'X-Bird': 'heron',
        'Content-Type': 'application/vnd.b+json',
      }),
    {
      kept: [REPLY],
    },
  ),
  answers('c.text() answers with its type and length', (c) => c.text(REPLY), { kept: [REPLY] }),
  answers(
    'c.text() with a status set before',
    (c) => {
      c.status(202)
      c.header('X-Bird', 'heron')
      return c.text(REPLY)
    },
    { kept: [REPLY] },
  ),
  answers('c.html() answers with its type', (c) => c.html(`<p>${REPLY}</p>`), { kept: [REPLY] }),
  answers('c.html() of a promise', (c) => c.html(Promise.resolve(`<p>${REPLY}</p>`)), {
    kept: [REPLY],
  }),
  answers('c.body() of text has no type', (c) => c.body(REPLY)),
  answers('c.body() of bytes', (c) => c.body(BYTES, 200, { 'Content-Type': 'image/png' }), {
    kept: [BYTES],
  }),
  answers('c.body() of an ArrayBuffer', (c) => c.body(BYTES.buffer)),
  answers(
    'c.body() of a stream',
    (c) => c.body(streamOf(REPLY), 200, { 'Content-Type': 'text/plain' }),
    { kept: [REPLY] },
  ),
  answers('c.body() of null', (c) => c.body(null)),
  answers('c.body() of nothing with status 204', (c) => c.body(null, 204)),
  answers('c.body() of an empty text', (c) => c.body('')),
  answers(
    'c.newResponse() with several cookies',
    (c) => {
      c.header('Set-Cookie', 'a=1', { append: true })
      c.header('Set-Cookie', 'b=2; Path=/', { append: true })
      return c.newResponse(REPLY, { status: 203, headers: { 'Content-Type': 'text/plain' } })
    },
    { kept: [REPLY] },
  ),
  answers('c.redirect() keeps its address', (c) => c.redirect('/elsewhere?a=\u00fc', 303)),
  answers('c.notFound() answers as ever', (c) => c.notFound()),
  answers(
    'c.render() with a renderer',
    (c) => {
      c.setRenderer((content) => c.html(`<main>${content as string}</main>`))
      return c.render(REPLY)
    },
    { kept: [REPLY] },
  ),
  {
    name: 'an address that nobody serves is not found',
    hono: (app) => void app.post('/somewhere', (c) => c.text(REPLY)),
    play: (client) => client.exchange({ path: '/' }),
  },
  {
    name: 'an address that the app does not find is answered by its own notFound',
    hono: (app) => void app.notFound((c) => c.json({ missing: c.req.path }, 404)),
    play: (client) => client.exchange({ path: '/nowhere' }),
  },
  answers('a Response of text', () => new Response(REPLY), { kept: [REPLY] }),
  answers('a Response of bytes', () => new Response(BYTES)),
  answers('a Response of an ArrayBuffer', () => new Response(BYTES.buffer)),
  answers('a Response of a typed array', () => new Response(new Uint16Array([258, 772]))),
  answers('a Response of a blob', () => new Response(new Blob([REPLY], { type: 'text/x-bird' })), {
    kept: [REPLY],
  }),
  answers('a Response of parameters', () => new Response(new URLSearchParams({ reply: REPLY }))),
  answers('a Response of null', () => new Response(null)),
  answers('a Response without anything', () => new Response()),
  answers(
    'a Response with a status text',
    () => new Response(REPLY, { status: 299, statusText: 'Rather Fine' }),
  ),
  answers(
    'a Response with its length',
    () => new Response(REPLY, { headers: { 'Content-Length': String(REPLY.length) } }),
    { kept: [REPLY] },
  ),
  answers(
    'a Response of a stream with its length',
    () => new Response(streamOf(REPLY), { headers: { 'Content-Length': String(REPLY.length) } }),
    {
      kept: [REPLY],
    },
  ),
  answers(
    'a Response with a list of headers',
    () =>
      new Response(REPLY, {
        headers: [
          ['X-A', '1'],
          ['x-a', '2'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
      }),
    {
      kept: [REPLY],
    },
  ),
  answers('Response.json()', () => Response.json({ reply: REPLY }, { status: 201 }), {
    kept: [REPLY],
  }),
  answers('Response.redirect()', () => Response.redirect('http://a.example/b', 307)),
  answers('Response.error()', () => Response.error()),
  answers(
    'a Response made of a Response',
    () =>
      new Response(streamOf(REPLY), new Response(null, { status: 206, headers: { 'X-A': '1' } })),
    {
      kept: [REPLY],
    },
  ),
  answers('a clone of a Response', () => new Response(REPLY, { headers: { 'X-A': '1' } }).clone(), {
    kept: [REPLY],
  }),
  answers('a Response whose body has been read is refused as ever', async () => {
    const response = new Response(REPLY)
    await response.text()
    return response
  }),
  answers('a Response whose stream is locked is refused as ever', () => {
    const body = streamOf(REPLY)
    body.getReader()
    return new Response(body)
  }),
  {
    name: 'a Response of a form has a boundary and all parts',
    hono(app) {
      app.post('/', () => {
        const form = new FormData()
        form.set('reply', REPLY)
        form.set('file', new Blob([BYTES], { type: 'image/png' }), 'heron.png')
        return new Response(form)
      })
    },
    async play(client) {
      const answer = JSON.stringify(await client.exchange({ path: '/' }))
      return answer.replaceAll(/formdata-undici-\d+/g, 'edge')
    },
    kept: [REPLY],
  },
  {
    name: 'HEAD of a GET route has its headers and no body',
    hono(app, { saw }) {
      app.get('/', (c) => {
        saw('method', c.req.method)
        return c.text(REPLY, 200, { 'X-Bird': 'heron' })
      })
      app.get('/stream', (c) => c.body(streamOf(REPLY)))
    },
    play: async (client) => [
      await client.exchange({ method: 'HEAD', path: '/' }),
      await client.exchange({ method: 'HEAD', path: '/stream' }),
    ],
  },
  answers('status 204 has no body and no length', () => new Response(null, { status: 204 })),
  answers(
    'status 304 has no body',
    () => new Response(null, { status: 304, headers: { ETag: '"a"' } }),
  ),
  answers('OPTIONS answers as the handler says', (c) => c.text(REPLY, 200, { Allow: 'POST' }), {
    asked: { method: 'OPTIONS' },
  }),
  answers('a method that is the app\u2019s own', (c) => c.text(c.req.method), {
    asked: { method: 'PROPFIND' },
  }),
  answers(
    'streamText() sends all its lines',
    (c) =>
      streamText(c, async (out) => {
        // HTTP/2 has no such header.
        await out.writeln('on one leg')
        await out.write('among the reeds')
      }),
    { kept: ['on one leg', 'among the reeds'], hosts: ['hono'] },
  ),
  answers('stream() sends bytes, text and another stream', (c) =>
    stream(c, async (out) => {
      await out.write(BYTES)
      await out.write('text')
      await out.pipe(streamOf('of a stream'))
    }),
  ),
  answers('stream() whose work fails ends the answer as ever', (c, { saw }) =>
    stream(
      c,
      async (out) => {
        await out.write('a first piece')
        throw new Error('no more')
      },
      async (error) => saw('onError', String(error)),
    ),
  ),
  answers(
    'streamSSE() tells its failure in an event',
    (c) =>
      streamSSE(
        c,
        async (out) => {
          await out.writeSSE({ data: 'on one leg', event: 'word', id: '1', retry: 10 })
          throw new Error('no more')
        },
        async (_error, out) => out.writeSSE({ data: 'failed' }),
      ),
    { kept: ['on one leg'], hosts: ['hono'] },
  ),
  {
    name: 'the response is as light as it was when the middleware before sees it',
    hono(app, { saw }) {
      app.use(async (c, next) => {
        await next()
        saw('class', [c.res instanceof Response, c.res.constructor.name, c.finalized])
        saw('inspected', [
          inspect(c.res).startsWith('Response (lightweight)'),
          inspect(c.res).includes('nativeResponse: undefined'),
        ])
        saw('same', c.res === c.res)
      })
      app.post('/text', (c) => c.text(REPLY))
      app.post('/bytes', (c) => c.body(BYTES))
      app.post('/stream', (c) => c.body(streamOf(REPLY)))
    },
    play: async (client) => [
      await client.exchange({ path: '/text' }),
      await client.exchange({ path: '/bytes' }),
      await client.exchange({ path: '/stream' }),
    ],
  },
]
