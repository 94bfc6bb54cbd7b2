import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { serveStatic } from '@hono/node-server/serve-static'
import { every } from 'hono/combine'
import { compress } from 'hono/compress'
import { contextStorage, getContext } from 'hono/context-storage'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { logger } from 'hono/logger'
import { poweredBy } from 'hono/powered-by'
import { prettyJSON } from 'hono/pretty-json'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timing } from 'hono/timing'
import type { Answer } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import { aroundAndWithin, mountAround, where } from './around.ts'
import { PROMPT, QUESTION, REPLY, streamOf } from './shapes.ts'

const LONG = `${REPLY}; `.repeat(200)

/** How the middleware of Hono works around it. */
export const MIDDLEWARE_ON_HONO: readonly Probe[] = [
  ...aroundAndWithin('hono/etag answers 304 and tags', () => etag(), [
    { method: 'GET', path: '/' },
    {
      method: 'GET',
      path: '/',
      headers: { 'If-None-Match': '"dc2f660543a2c8c3256f6e525c759e4a18c493b2"' },
    },
    { method: 'GET', path: '/', headers: { 'If-None-Match': '*' } },
    { method: 'GET', path: '/stream' },
    { method: 'HEAD', path: '/' },
  ]),
  ...aroundAndWithin(
    'hono/cors answers preflights and exposes headers',
    () =>
      cors({
        origin: 'http://a.example',
        credentials: true,
        exposeHeaders: ['X-Bird'],
        maxAge: 60,
      }),
    [
      { path: '/', headers: { Origin: 'http://a.example' } },
      { path: '/stream', headers: { Origin: 'http://b.example' } },
      {
        method: 'OPTIONS',
        path: '/',
        headers: { Origin: 'http://a.example', 'Access-Control-Request-Method': 'PUT' },
      },
    ],
  ),
  ...aroundAndWithin('hono/secure-headers adds its headers', () => secureHeaders(), [
    { path: '/' },
    { path: '/stream' },
    { path: '/missing' },
  ]),
  ...aroundAndWithin(
    'hono/request-id gives a request its id',
    () => requestId({ generator: () => 'fixed-id' }),
    [{ path: '/' }, { path: '/', headers: { 'X-Request-Id': 'of-the-client' } }],
  ),
  ...aroundAndWithin(
    'hono/powered-by and hono/pretty-json change the answer',
    () => every(poweredBy(), prettyJSON()),
    [{ path: '/?pretty' }, { path: '/json?pretty' }],
  ),
  ...[true, false].map(compressed),
  ...[true, false].map(timed),
  {
    name: 'hono/logger writes its lines in the same order',
    hono(app, { saw }) {
      app.use(logger((line) => saw(line.replaceAll(/\d+m?s/g, 'x'))))
      app.post('/', (c) => c.text(REPLY))
      app.post('/stream', (c) => c.body(streamOf(REPLY)))
    },
    play: async (client) => [
      await client.exchange(QUESTION),
      await client.exchange({ path: '/stream' }),
      await client.exchange({ path: '/missing' }),
    ],
    kept: [REPLY],
  },
  {
    name: 'hono/context-storage finds the context wherever the handler goes',
    hono(app) {
      app.use(contextStorage())
      app.post('/', async (c) => {
        const early = getContext() === c
        const read = await c.req.text()
        const late = await new Promise((resolve) => setImmediate(() => resolve(getContext() === c)))
        return c.json([early, late, read])
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT],
  },
  {
    name: 'static files come whole, in ranges, and not at all',
    hono(app, { dir }) {
      const ready = mkdir(join(dir, 'public')).then(() =>
        writeFile(join(dir, 'public', 'heron.txt'), LONG),
      )
      app.use(async (_c, next) => {
        await ready
        await next()
      })
      app.use('/*', serveStatic({ root: join(dir, 'public') }))
    },
    async play(client) {
      const ask = (path: string, headers = {}, method = 'GET') =>
        client.exchange({ method, path, headers }).then(withoutTimes)
      return [
        await ask('/heron.txt'),
        await ask('/heron.txt', { Range: 'bytes=0-9' }),
        await ask('/heron.txt', { Range: 'bytes=-9' }),
        await ask('/heron.txt', { Range: 'bytes=99999-' }),
        await ask('/heron.txt', {}, 'HEAD'),
        await ask('/missing.txt'),
        await ask('/../../etc/hosts'),
      ]
    },
  },
]

function compressed(before: boolean): Probe {
  return {
    name: `hono/compress compresses what it may, ${where(before)}`,
    mounts: 'itself',
    hono(app, { mount }) {
      mountAround(before, () => compress())(app, mount)
      app.post('/long', (c) => c.text(LONG))
      app.post('/short', (c) => c.text(REPLY, 200, { 'Content-Length': String(REPLY.length) }))
      app.post('/stream', (c) =>
        c.body(streamOf(REPLY, LONG), 200, { 'Content-Type': 'text/plain' }),
      )
      app.post('/bytes', (c) => c.body(Buffer.from(LONG), 200, { 'Content-Type': 'image/png' }))
    },
    async play(client) {
      const found: unknown[] = []
      for (const path of ['/long', '/short', '/stream', '/bytes']) {
        for (const coding of ['gzip', 'identity']) {
          const conversation = client.open({ path, headers: { 'Accept-Encoding': coding } })
          conversation.end()
          const head = await conversation.head()
          const body = await conversation.read(Number.POSITIVE_INFINITY)
          const isCoded = head.headers.some(([name]) => name.toLowerCase() === 'content-encoding')
          found.push([path, coding, head, (isCoded ? gunzipSync(body) : body).toString('latin1')])
        }
      }
      return found
    },
    kept: [LONG],
  }
}

function timed(before: boolean): Probe {
  return {
    name: `hono/timing tells its times in a header, ${where(before)}`,
    mounts: 'itself',
    hono(app, { mount }) {
      mountAround(before, () => timing())(app, mount)
      app.post('/', (c) => c.text(REPLY))
    },
    async play(client) {
      const { headers, ...rest } = await client.exchange(QUESTION)
      return { ...rest, headers: JSON.stringify(headers).replaceAll(/dur=[\d.]+/g, 'dur=x') }
    },
    kept: [REPLY],
  }
}

function withoutTimes({ headers, ...rest }: Answer): object {
  return { ...rest, headers: headers?.filter(([name]) => name.toLowerCase() !== 'last-modified') }
}
