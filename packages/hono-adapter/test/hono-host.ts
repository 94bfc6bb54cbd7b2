import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { flagRoutes, flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Adapter, Entry, HostReply, HostRequest, Server } from '../../../test/contract/host.ts'
import { listen } from '../../../test/contract/listen.ts'
import { overHttp2 } from './http2-host.ts'

/** The hosts of the contract in terms of Hono. */
function honoAdapter(hasSockets: boolean, open: (app: Hono) => Promise<Server>): Adapter {
  return {
    hasSockets,
    flagging: (options, overrides) => flagging(options, overrides),
    flagRoutes: (options) => flagRoutes(options),
    headerOf: (target, name) => (target as Context).req.header(name),
    serve(entries) {
      const app = new Hono()
      app.onError((_error, c) => c.text('Internal Server Error', 500))
      for (const entry of entries) add(app, entry)
      return open(app)
    },
  }
}

/** Hono on `@hono/node-server`. */
export const onSockets: Adapter = honoAdapter(true, (app) =>
  listen(createAdaptorServer({ fetch: app.fetch }) as HttpServer),
)

/** Hono on `@hono/node-server` over HTTP/2. */
export const onHttp2: Adapter = { ...honoAdapter(false, overHttp2), isHTTP2: true }

/** Hono called directly. */
export const onRequests: Adapter = honoAdapter(false, async (app) => withoutSockets(app))

/** An app that is called, not served. */
export function withoutSockets(app: Hono): Server {
  return {
    origin: 'http://localhost',
    port: undefined,
    async request(path, init) {
      const headers = new Headers(init?.headers)
      headers.set('host', 'localhost')
      return app.request(path, { ...init, headers })
    },
    close: async () => {},
  }
}

function add(app: Hono, entry: Entry): unknown {
  switch (entry.kind) {
    case 'use':
      return app.use(`${entry.at}/*`, entry.middleware as ReturnType<typeof flagging>)
    case 'flagRoutes':
      return app.route(entry.at, entry.routes as ReturnType<typeof flagRoutes>)
    case 'guard':
      return app.use(`${entry.at}/*`, async (c, next) => {
        const reply = await entry.guard(requestOf(c))
        return reply ? responseOf(reply) : next()
      })
    case 'router': {
      const inner = new Hono()
      for (const one of entry.entries) add(inner, one)
      return app.route(entry.at || '/', inner)
    }
    case 'route': {
      const through = entry.through as readonly ReturnType<typeof flagging>[]
      const handle = async (c: Context) => responseOf(await entry.handle(requestOf(c)))
      return app.on(entry.method, [entry.path], ...through, handle)
    }
    default:
      throw new Error('unknown kind of entry')
  }
}

function requestOf(c: Context): HostRequest {
  return {
    method: c.req.method,
    params: c.req.param() as Record<string, string>,
    query: new URL(c.req.url).searchParams,
    header: (name) => c.req.header(name),
    chunks: () => (c.req.raw.body ?? []) as unknown as AsyncIterable<Uint8Array>,
    gone: () => once(c.req.raw.signal, 'abort').then(() => {}),
    target: c,
  }
}

function responseOf({ status = 200, headers = [], body }: HostReply): Response {
  const init = {
    status,
    headers: headers.map(([name, value]) => [name, value] as [string, string]),
  }
  if (typeof body !== 'function') {
    return new Response(typeof body === 'object' && body ? new Uint8Array(body) : body, init)
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const gone = writer.closed.catch(() => {})
  const write = async (chunk: string | Uint8Array) => {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    // A reader that has gone ends the stream; the handler hears of it through `gone`.
    await writer.write(bytes).catch(() => {})
  }
  body({ write, gone }).then(
    () => writer.close().catch(() => {}),
    (error: unknown) => writer.abort(error),
  )
  return new Response(readable, init)
}
