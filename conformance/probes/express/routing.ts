import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Request, RequestHandler, Response } from 'express'
import type { Probe } from '../../src/probe.ts'
import { expressOf } from '../express-of.ts'
import { textOf } from '../watching.ts'

/** How requests find their way through apps and routers. */
export const ROUTING_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'addresses and parameters at each step through routers',
    express(app, { host, saw }) {
      const { Router } = expressOf(host)
      const note = (where: string): RequestHandler => {
        return (req, res, next) => {
          const { url, originalUrl, baseUrl, path, params, query, hostname, protocol, ip } = req
          const route = (req.route as { path?: unknown } | undefined)?.path
          saw(where, { url, originalUrl, baseUrl, path, params: { ...params }, route })
          saw(`more ${where}`, { query, hostname, protocol, ip, locals: { ...res.locals } })
          res.locals['last'] = where
          next()
        }
      }
      const inner = Router({ mergeParams: true })
      inner.use(note('inner'))
      inner.post('/things/:thing', note('route'), (req, res) => void res.json(req.params))
      const outer = Router()
      outer.param('user', (req, _res, next, value) => {
        saw('param', value)
        req.params['seen'] = 'yes'
        next()
      })
      outer.use('/users/:user', note('outer'), inner)
      app.use('/api', outer)
      app.use(note('after'))
    },
    async play(client) {
      return [
        await client.exchange({ path: '/api/users/a%20b/things/7?x=1&x=2' }),
        await client.exchange({ path: '/api/users/a/none' }),
      ]
    },
    kept: ['a b'],
  },
  {
    name: "next('route') and next('router') go on where they should",
    express(app, { host, saw }) {
      const router = expressOf(host).Router()
      const go = (to?: string): RequestHandler => {
        return (_req, _res, next) => {
          saw(`next ${to}`)
          next(to)
        }
      }
      router.post('/a', go('route'), (_req, res) => void res.end('not here'))
      router.post('/a', go(), go('router'), (_req, res) => void res.end('nor here'))
      app.use(router)
      app.post('/a', (_req, res) => void res.end('but here'))
    },
    play: (client) => client.exchange({ path: '/a' }),
    kept: ['but here'],
  },
  {
    name: 'an app below an app has its own request and response, and gives them back',
    express(app, { host, saw }) {
      const below = expressOf(host)()
      const mine = (req: Request, res: Response, own: typeof app): boolean[] => [
        Object.getPrototypeOf(req) === own.request,
        Object.getPrototypeOf(res) === own.response,
        req.app === own,
      ]
      below.post('/x', (req, res, next) => {
        saw('below', [...mine(req, res, below), below.mountpath, req.baseUrl, req.res === res])
        next()
      })
      app.use(['/one', '/two/:id'], below)
      app.use((req, res) => {
        saw('above', [...mine(req, res, app), req.baseUrl])
        res.json({ from: 'above' })
      })
    },
    async play(client) {
      return [
        await client.exchange({ path: '/one/x' }),
        await client.exchange({ path: '/two/3/x' }),
      ]
    },
    kept: ['above'],
  },
  {
    name: 'what no route answers is answered by Express',
    express(app) {
      app.post('/only', (_req, res) => void res.end('only'))
      app.route('/two').get((_req, res) => void res.end('get'))
    },
    async play(client) {
      const asked = [
        ['POST', '/nowhere'],
        ['GET', '/only'],
        ['OPTIONS', '/only'],
        ['OPTIONS', '/two'],
        ['HEAD', '/two'],
        ['DELETE', '/two'],
        ['PROPFIND', '/two'],
        ['POST', '/%E0%A4%A'],
        ['POST', '//only'],
      ] as const
      const wires: string[] = []
      for (const [method, path] of asked) {
        wires.push(
          await client.raw(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
        )
      }
      return wires
    },
  },
  {
    name: 'a request whose address is changed on its way',
    express(app, { saw }) {
      app.use((req, _res, next) => {
        req.url = `/new${req.url}`
        req.method = 'PUT'
        next()
      })
      app.put('/new/a', (req, res) => {
        saw('route', [req.url, req.originalUrl, req.method, req.path])
        res.end('some words')
      })
    },
    play: (client) => client.exchange({ path: '/a?b=c' }),
    kept: ['some words'],
  },
  {
    name: 'express.static: files, folders, what is not there',
    express(app, { host, dir }) {
      mkdirSync(join(dir, 'sub'))
      for (const name of ['a.txt', 'sub/index.html']) {
        writeFileSync(join(dir, name), `plain words in ${name}`)
        utimesSync(join(dir, name), 1_600_000_000, 1_600_000_000)
      }
      app.use('/files', expressOf(host).static(dir))
    },
    async play(client) {
      const answers: unknown[] = []
      for (const path of ['a.txt', 'sub', 'sub/', 'none', '../a.txt', 'a.txt?x']) {
        answers.push(await client.exchange({ method: 'GET', path: `/files/${path}` }))
      }
      answers.push(await client.exchange({ method: 'HEAD', path: '/files/a.txt' }))
      answers.push(await client.exchange({ method: 'POST', path: '/files/a.txt' }))
      return answers
    },
    kept: ['plain words in a.txt'],
  },
  {
    name: 'a middleware that is mounted twice passes an exchange on once',
    mounts: 'itself',
    express(app, { mount, saw }) {
      mount()
      mount()
      let passed = 0
      app.use((_req, _res, next) => {
        saw('passed', ++passed)
        next()
      })
      app.post('/', async (req, res) => {
        for await (const chunk of req) res.write(chunk)
        res.end('!')
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words' }),
  },
  {
    name: 'handlers that answer at the same time do not mix',
    express(app) {
      app.post('/:n', async (req, res) => {
        for await (const chunk of req) {
          await new Promise((resolve) => setImmediate(resolve))
          res.write(`${req.params['n']}:${String(chunk)};`)
        }
        res.end()
      })
    },
    async play(client) {
      const numbers = Array.from({ length: 40 }, (_, n) => n)
      const answers = await Promise.all(
        numbers.map((n) => client.exchange({ path: `/${n}`, body: `words of ${n}` })),
      )
      return answers.map(({ body }) => body)
    },
    kept: ['0:words of 0;', '39:words of 39;'],
  },
  {
    name: 'an app that is called by another app in the same process',
    express(app, { host }) {
      const other = expressOf(host)()
      other.post('/', (_req, res) => void res.json({ from: 'the other' }))
      app.post('/', (req, res) => other(req, res, () => res.end('nobody')))
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['the other'],
  },
  {
    name: 'an app that is called with a request and a response of no connection, as tests do',
    express(app, { saw }) {
      app.put('/inside', async (req, res) => {
        const got = await textOf(req)
        saw('inside', [req.url, req.get('x-a'), got, req.ip])
        res.status(201).set('X-B', '1').send('inner words')
      })
      app.post('/', async (_req, res) => {
        const socket = new PassThrough() as unknown as Socket
        const inner = new IncomingMessage(socket)
        Object.assign(inner, { method: 'PUT', url: '/inside', headers: { 'x-a': '1' } })
        inner.push('asked inside')
        inner.push(null)
        // Else its end would be taken for a client that has left.
        inner.complete = true
        const own = new ServerResponse(inner)
        own.sendDate = false
        own.assignSocket(socket)
        app(inner as Request, own as Response)
        await once(own, 'finish')
        socket.end()
        const wire = (await textOf(socket)).replace(/^Flagging-Id: .*\r\n/m, '')
        res.json({ wire, finished: own.writableFinished })
      })
    },
    play: (client) => client.exchange({ path: '/' }),
  },
]
