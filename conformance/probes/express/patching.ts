import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import compression from 'compression'
import type { RequestHandler, Response } from 'express'
import type { Probe } from '../../src/probe.ts'
import { expressOf } from '../express-of.ts'
import { eventsOf } from '../watching.ts'

type End = Response['end']
type Write = Response['write']

/** Middlewares that put methods of their own on the response, as many of the ecosystem do. */
const PATCHES: Readonly<Record<string, RequestHandler>> = {
  'sets a header when the head is written': (_req, res, next) => {
    const { writeHead } = res
    res.writeHead = function (this: Response, ...args: unknown[]) {
      if (!this.headersSent) this.setHeader('X-Late', 'set')
      return Reflect.apply(writeHead, this, args) as Response
    } as Response['writeHead']
    next()
  },
  'saves a session before the end': (_req, res, next) => {
    const { end } = res
    let isEnding = false
    res.end = function (this: Response, ...args: unknown[]) {
      if (isEnding) return this
      isEnding = true
      // What it waits for goes on behind the back of the handler.
      void turn().then(() => Reflect.apply(end, this, args) as Response)
      return this
    } as End
    next()
  },
  'writes the last chunk, and ends later': (_req, res, next) => {
    const { end } = res
    res.end = function (this: Response, chunk?: unknown) {
      if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) this.write(chunk)
      setImmediate(() => Reflect.apply(end, this, []) as Response)
      return this
    } as End
    next()
  },
  'changes each chunk': (_req, res, next) => {
    const { write, end } = res
    const louder = (chunk: unknown): unknown =>
      typeof chunk === 'string' || Buffer.isBuffer(chunk) ? String(chunk).toUpperCase() : chunk
    res.write = function (this: Response, chunk: unknown, ...more: unknown[]) {
      return Reflect.apply(write, this, [louder(chunk), ...more]) as boolean
    } as Write
    res.end = function (this: Response, chunk?: unknown, ...more: unknown[]) {
      if (!this.headersSent) this.removeHeader('Content-Length')
      return Reflect.apply(end, this, [louder(chunk), ...more]) as Response
    } as End
    next()
  },
  'holds all chunks back until the end': (_req, res, next) => {
    const { end } = res
    const chunks: Buffer[] = []
    res.write = ((chunk: string | Buffer) => {
      chunks.push(Buffer.from(chunk))
      return true
    }) as Write
    res.end = function (this: Response, chunk?: unknown) {
      if (chunk) chunks.push(Buffer.from(chunk as string))
      return Reflect.apply(end, this, [Buffer.concat(chunks)]) as Response
    } as End
    next()
  },
  'changes what res.json is given': (_req, res, next) => {
    const { json } = res
    res.json = function (this: Response, value: unknown) {
      return json.call(this, { ...(value as object), more: 'words' })
    }
    next()
  },
  'wraps res.send once': (_req, res, next) => {
    const { send } = res
    res.send = function (this: Response, body?: unknown) {
      res.send = send
      res.set('X-Sent', typeof body)
      return send.call(this, body)
    }
    next()
  },
  'hands a proxy of the response on': (req, res, next) => {
    const own = new Proxy(res, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    req.res = own
    next()
  },
  'keeps the methods, and calls them without patches': (_req, res, next) => {
    const { write, end } = res
    Object.assign(res.locals, { write: write.bind(res), end: end.bind(res) })
    next()
  },
  'compresses the answer': compression({ threshold: 0 }),
}

/** Middlewares that patch the response, outside of the capture and inside. */
export const PATCHING_ON_EXPRESS: readonly Probe[] = [
  ...Object.entries(PATCHES).flatMap(([what, patch]) => [
    patching(`a middleware inside that ${what}`, (app, mount) => {
      mount()
      app.use(patch)
    }),
    patching(`a middleware outside that ${what}`, (app, mount) => {
      app.use(patch)
      mount()
    }),
  ]),
  ...['inside', 'outside'].map((where): Probe => ({
    name: `res.flush of compression ${where} sends each event on its way`,
    mounts: 'itself',
    express(app, { mount, signal }) {
      if (where === 'inside') mount()
      app.use(compression({ threshold: 0 }))
      if (where === 'outside') mount()
      app.post('/', async (_req, res) => {
        res.type('text/event-stream')
        for (const piece of ['one', 'two']) {
          res.write(`data: ${piece}\n\n`)
          ;(res as Response & { flush(): void }).flush()
          await signal(piece)
        }
        res.end()
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'accept-encoding': 'gzip' } })
      conversation.end()
      const first = await conversation.read(25)
      client.signal('one')
      client.signal('two')
      const { ending, status } = await conversation.rest()
      return { isGzip: first[0] === 0x1f, ending, status }
    },
    kept: ['one', 'two'],
  })),
  {
    name: 'an async context goes through to the handler, its events and its end',
    mounts: 'itself',
    express(app, { mount, saw }) {
      const store = new AsyncLocalStorage<string>()
      app.use((_req, _res, next) => store.run('mine', next))
      mount()
      app.post('/', (req, res) => {
        saw('handler', store.getStore())
        req.on('end', () => {
          saw('request ended', store.getStore() ?? null)
          res.end('words', () => saw('written', store.getStore() ?? null))
        })
        req.on('data', () => saw('data', store.getStore() ?? null))
        res.on('finish', () => saw('finish', store.getStore() ?? null))
        res.on('close', () => saw('close', store.getStore() ?? null))
      })
    },
    async play(client) {
      const { body } = await client.exchange({ path: '/', body: 'some words' })
      await client.saw('close')
      return body
    },
  },
  {
    name: 'methods that are put back to those of the prototype',
    express(app) {
      app.post('/', (_req, res) => {
        const own = res as unknown as Record<string, unknown>
        for (const name of ['write', 'end', 'writeHead']) delete own[name]
        res.write('some ')
        res.end('words')
      })
    },
    play: (client) => client.exchange({ path: '/' }),
  },
  {
    name: 'the methods of an app below take the place of those above',
    express(app, { host }) {
      const below = expressOf(host)()
      below.response.json = function (this: Response, value: unknown) {
        return this.type('json').end(JSON.stringify({ below: value })) as Response
      } as Response['json']
      below.post('/', (_req, res) => void res.json('plain words'))
      app.use('/below', below)
    },
    play: (client) => client.exchange({ path: '/below' }),
    kept: ['plain words'],
  },
]

function patching(name: string, use: (app: App, mount: () => void) => void): Probe {
  return {
    name,
    mounts: 'itself',
    express(app, { mount, saw }) {
      use(app, mount)
      app.post('/json', (_req, res) => {
        const events = eventsOf(res, 'prefinish', 'finish', 'close')
        res.on('close', () => saw('json over', events))
        const { end } = res.locals as { end?: End }
        if (end) end('{"plain":"words"}')
        else (res.req.res ?? res).json({ plain: 'words' })
      })
      app.post('/stream', (_req, res) => {
        const events = eventsOf(res, 'prefinish', 'finish', 'close')
        res.on('close', () => saw('stream over', events))
        res.type('txt')
        const { write } = res.locals as { write?: Write }
        if (write) write('some ')
        else res.write('some ')
        setImmediate(() => res.end('words'))
      })
    },
    async play(client) {
      const answers: unknown[] = []
      for (const path of ['json', 'stream']) {
        const wire = await client.raw(
          `POST /${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
        )
        await client.saw(`${path} over`)
        answers.push(readable(wire))
      }
      return answers
    },
  }
}

type App = Parameters<NonNullable<Probe['express']>>[0]

/** Coded bodies are decoded: a library may frame the same text otherwise from one run to the next. */
function readable(wire: string): unknown {
  const [head = '', ...rest] = wire.split('\r\n\r\n')
  if (!/content-encoding: gzip/i.test(head)) return wire
  const body = Buffer.from(rest.join('\r\n\r\n'), 'latin1')
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, line), 16)
    if (!size) break
    chunks.push(body.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return { head, text: gunzipSync(Buffer.concat(chunks)).toString() }
}
