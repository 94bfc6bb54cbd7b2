import { inspect } from 'node:util'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Probe } from '../../src/probe.ts'
import { attempt, nodeOf, PROMPT, QUESTION, reads } from './shapes.ts'

const HEADERS = {
  ...QUESTION.headers,
  'X-Bird': ['grey', 'blue'],
  Cookie: 'a=1; b=2',
  'X-Empty': '',
  Accept: '*/*',
}

/** How handlers use the web request. */
export const RAW_REQUEST_ON_HONO: readonly Probe[] = [
  reads('c.req.raw stays the same object, of the same class', (c) => [
    c.req.raw === c.req.raw,
    c.req.raw instanceof Request,
    c.req.raw.constructor.name,
    Object.prototype.toString.call(c.req.raw),
    String(Object.getPrototypeOf(c.req.raw)),
  ]),
  reads('nothing makes the light-weight request heavy before the handler does', (c) => [
    Object.getOwnPropertySymbols(c.req.raw).map(String).toSorted(),
    inspect(c.req.raw).startsWith('Request (lightweight)'),
    inspect(c.req.raw).includes('nativeRequest: undefined'),
  ]),
  reads('nothing is read of the body, and nobody listens for it, before the handler does', (c) => {
    const { incoming } = nodeOf(c)
    return [
      incoming.readableFlowing,
      incoming.readableEncoding,
      incoming.readableDidRead,
      incoming.isPaused(),
      ['data', 'readable', 'end', 'pause', 'resume'].map((event) => incoming.listenerCount(event)),
      c.req.raw.bodyUsed,
      Object.keys(c.req.bodyCache),
    ]
  }),
  reads(
    'the properties of the web request are as ever',
    (c) => {
      const { method, url, cache, credentials, destination, mode, redirect, referrer } = c.req.raw
      const known = { method, cache, credentials, destination, mode, redirect, referrer }
      const { integrity, keepalive, signal, duplex } = c.req.raw as Request & { duplex: string }
      const { pathname, search } = new URL(url)
      return { ...known, pathname, search, integrity, keepalive, duplex, aborted: signal.aborted }
    },
    { asked: { path: '/birds/heron?at=dusk&at=dawn' } },
  ),
  reads(
    'all headers of the request are there, in their order',
    (c) => [
      [...c.req.raw.headers].filter(([name]) => name !== 'host'),
      c.req.header('x-bird'),
      c.req.header('X-BIRD'),
      c.req.header('x-empty'),
      c.req.header('missing') ?? 'none',
      Object.keys(c.req.header()),
      c.req.raw.headers.has('Cookie'),
      c.req.raw.headers instanceof Headers,
    ],
    { asked: { headers: HEADERS } },
  ),
  reads(
    'headers of the request that the handler edits stay edited',
    (c) => {
      c.req.raw.headers.set('x-bird', 'white')
      c.req.raw.headers.append('x-new', 'one')
      c.req.raw.headers.delete('accept')
      return [c.req.header('x-bird'), c.req.header('x-new'), c.req.header('accept') ?? 'none']
    },
    { asked: { headers: HEADERS } },
  ),
  reads(
    'the path, the query and the parameters are as ever',
    (c) => [
      c.req.path,
      c.req.method,
      c.req.query(),
      c.req.queries('q'),
      c.req.param(),
      c.req.routeIndex >= 0,
    ],
    { asked: { path: '/a%20b/c%2Fd?q=1&q=%F0%9F%AA%B6&empty=' } },
  ),
  reads(
    'a request made of the raw one has its body',
    async (c) => {
      const copy = new Request(c.req.raw)
      return [copy.method, copy.headers.get('content-type'), await copy.json(), c.req.raw.bodyUsed]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'a request made of the raw one may have other headers',
    async (c) => {
      const copy = new Request(c.req.raw, { headers: { 'x-other': 'yes' } })
      return [copy.headers.get('x-other'), copy.headers.get('content-type'), await copy.text()]
    },
    { kept: [PROMPT] },
  ),
  reads('a request made of the raw one may have another body', async (c) => {
    const copy = new Request(c.req.raw, { method: 'PUT', body: 'another' })
    return [await copy.text(), await attempt(() => c.req.text())]
  }),
  reads(
    'two clones and the request itself are all read',
    async (c) => {
      const [one, two] = [c.req.raw.clone(), c.req.raw.clone()]
      return [await two.text(), await c.req.raw.text(), await one.json()]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'a reader gets the body and then its end',
    async (c) => {
      const reader = c.req.raw.body!.getReader()
      const found: unknown[] = []
      for (let result = await reader.read(); !result.done; result = await reader.read()) {
        found.push(result.value instanceof Uint8Array, Buffer.from(result.value).toString())
      }
      await reader.closed
      reader.releaseLock()
      return [found, c.req.raw.bodyUsed, await attempt(() => c.req.text())]
    },
    { kept: [PROMPT] },
  ),
  reads('a reader of bytes is refused as ever', (c) =>
    attempt(() => c.req.raw.body!.getReader({ mode: 'byob' }) as unknown),
  ),
  reads(
    'the body goes through a transform',
    async (c) => {
      const words = c.req.raw.body!.pipeThrough(new TextDecoderStream())
      let all = ''
      for await (const word of words as unknown as AsyncIterable<string>) all += word
      return all
    },
    { kept: [PROMPT] },
  ),
  reads(
    'the body may be teed',
    async (c) => {
      const [one, two] = c.req.raw.body!.tee()
      return Promise.all([one, two].map((branch) => new Response(branch).text()))
    },
    { kept: [PROMPT] },
  ),
  reads(
    'the body goes into a sink of the handler',
    async (c) => {
      const got: Uint8Array[] = []
      await c.req.raw.body!.pipeTo(new WritableStream({ write: (chunk) => void got.push(chunk) }))
      return Buffer.concat(got).toString()
    },
    { kept: [PROMPT] },
  ),
  reads('the body becomes a Node stream', (c) => text(Readable.fromWeb(c.req.raw.body as never)), {
    kept: [PROMPT],
  }),
  reads(
    'a handler that has locked the body and let it go reads it after all',
    async (c) => {
      const reader = c.req.raw.body!.getReader()
      reader.releaseLock()
      return [c.req.raw.bodyUsed, await c.req.text()]
    },
    { kept: [PROMPT] },
  ),
]
