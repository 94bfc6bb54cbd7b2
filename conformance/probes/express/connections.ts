import { createHash } from 'node:crypto'
import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Express, Request } from 'express'
import type { Probe } from '../../src/probe.ts'
import { eventsOf, textOf, until } from '../watching.ts'

const HOST = 'Host: a\r\n'
const UPGRADE = `${HOST}Connection: Upgrade\r\nUpgrade: own\r\n`

/** Connections: how they are kept, shared, handed over and closed. */
export const CONNECTIONS_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'several requests, one after the other on one connection',
    express(app) {
      const sockets = new Set<Socket>()
      app.use(async (req, res) => {
        sockets.add(req.socket)
        res.json({ got: await textOf(req), connections: sockets.size })
      })
    },
    async play(client) {
      const connection = client.connect()
      for (const n of [1, 2, 3]) {
        await connection.write(`POST /${n} HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nwords`)
        await connection.until(new RegExp(`(connections[^]*){${n}}`))
      }
      await connection.write(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
      return connection.rest()
    },
  },
  {
    name: 'requests that are sent ahead are answered in their order',
    express(app, { saw, signal }) {
      app.use(async (req, res) => {
        saw(`asked ${req.url}`, res.socket === null)
        if (req.url === '/1') await signal('go on')
        res.write(`begun ${req.url} `)
        res.end(await textOf(req))
      })
    },
    async play(client) {
      const connection = client.connect()
      for (const n of [1, 2, 3]) {
        const close = n === 3 ? 'Connection: close\r\n' : ''
        const head = `POST /${n} HTTP/1.1\r\n${HOST}${close}Content-Length: 7\r\n\r\n`
        await connection.write(`${head}words ${n}`)
        await client.saw(`asked /${n}`)
      }
      client.signal('go on')
      return connection.rest()
    },
    kept: ['begun /1 words 1', 'begun /2 words 2', 'begun /3 words 3'],
  },
  {
    name: 'a client that leaves while it has requests ahead',
    express(app, { saw }) {
      app.use((req, res) => {
        const asked = eventsOf(req, 'aborted', 'close')
        const answered = eventsOf(res, 'finish', 'close')
        const tell = (): void => saw(`over ${req.url}`, { asked, answered, gone: res.destroyed })
        res.socket?.on('close', () => setImmediate(() => setImmediate(tell)))
        saw(`asked ${req.url}`)
        if (req.url !== '/1') res.end('words')
      })
    },
    async play(client) {
      const connection = client.connect()
      for (const n of [1, 2]) {
        await connection.write(`GET /${n} HTTP/1.1\r\n${HOST}\r\n`)
        await client.saw(`asked /${n}`)
      }
      connection.leave()
      await client.saw('over /1')
    },
  },
  {
    name: 'an old client gets a body without a length until the connection closes',
    express: (app) => streamWords(app),
    play: (client) => client.raw('POST / HTTP/1.0\r\n\r\n'),
    kept: ['some words'],
  },
  {
    name: 'an old client that keeps its connection',
    express(app) {
      app.use((req, res) => void res.json({ url: req.url, version: req.httpVersion }))
    },
    play: (client) =>
      client.raw('POST /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'POST /2 HTTP/1.0\r\n\r\n'),
  },
  {
    name: 'a client that ends its side of the connection after the request',
    express(app, { saw }) {
      app.use(async (req, res) => {
        const answered = eventsOf(res, 'finish', 'close')
        res.on('close', () => saw('closed', answered))
        saw('asked')
        await until(() => req.socket.readableEnded)
        res.end('some words')
      })
    },
    async play(client) {
      const connection = client.connect()
      await connection.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`)
      await client.saw('asked')
      connection.end()
      await client.saw('closed')
      return connection.rest()
    },
  },
  {
    name: 'res.setTimeout tells the handler, which answers',
    express(app, { saw }) {
      app.use((_req, res) => {
        const returned = res.setTimeout(30, () => {
          saw('timeout')
          res.status(503).end('too slow')
        })
        saw('returned', returned === res)
      })
    },
    play: (client) => client.exchange({ path: '/' }),
  },
  {
    name: 'req.setTimeout destroys a connection that nobody answers',
    express(app, { saw }) {
      app.use((req, res) => {
        req.setTimeout(30)
        res.on('close', () => saw('closed', [req.destroyed, res.writableFinished]))
      })
    },
    async play(client) {
      const { ending } = await client.exchange({ path: '/' })
      await client.saw('closed')
      return ending
    },
  },
  {
    name: 'a handler that takes the socket over, and speaks its own protocol',
    express(app, { saw }) {
      app.use((req, res) => {
        const { socket } = req
        res.on('close', () => saw('closed'))
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nown ')
        socket.end('words')
      })
    },
    async play(client) {
      const wire = await client.raw(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`)
      await client.saw('closed')
      return wire
    },
  },
  {
    name: 'a handler that answers 101 by writeHead',
    express(app) {
      app.use((req, res) => {
        res.writeHead(101, { Connection: 'Upgrade', Upgrade: 'own' })
        res.flushHeaders()
        req.socket.end('own words')
      })
    },
    play: (client) => client.raw(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`),
  },
  {
    name: 'an upgrade that is routed through the app by a response of its own',
    express(app, { saw }) {
      // The way in which web sockets are given routes: the handler gets the socket.
      app.get('/listen', (req, res) => {
        const { server } = req.socket as Socket & { server: Server }
        server.once('upgrade', (asked: IncomingMessage, socket: Socket) => {
          const fake = new ServerResponse(asked)
          fake.on('close', () => saw('closed'))
          Object.assign(asked, { webSocket: socket })
          app(asked as Request, fake as never)
        })
        res.end('listening')
      })
      app.get('/socket', (req, res) => {
        const { webSocket } = req as Request & { webSocket: Socket }
        saw('routed', [req.path, req.query, res.headersSent, res.socket === null])
        shakeHands(req, webSocket)
        webSocket.on('data', (frame: Buffer) => {
          webSocket.end(Buffer.concat([Buffer.of(0x81, 5), unmasked(frame)]))
        })
        webSocket.on('close', () => saw('over', res.headersSent))
      })
    },
    async play(client) {
      const answer = await client.exchange({ method: 'GET', path: '/listen' })
      const connection = client.connect()
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
      const upgrade = `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n${key}`
      await connection.write(`GET /socket?a=1 HTTP/1.1\r\n${upgrade}\r\n`)
      await connection.until(/\r\n\r\n/)
      await connection.write(Buffer.of(0x81, 0x85, 1, 2, 3, 4, 0x76, 0x6d, 0x71, 0x60, 0x72))
      const wire = await connection.rest()
      await client.saw('over')
      return { answer: answer.body, wire }
    },
  },
  {
    name: 'what goes out is on the wire in the same pieces as without the capture',
    express(app, { saw }) {
      app.use((_req, res) => {
        const { socket } = res
        const written: string[] = []
        const own = socket!._write.bind(socket)
        const ownMany = socket!._writev!.bind(socket)
        socket!._write = (chunk, encoding, done) => {
          written.push('one')
          own(chunk, encoding, done)
        }
        socket!._writev = (chunks, done) => {
          written.push(`${chunks.length}`)
          ownMany(chunks, done)
        }
        res.on('close', () => saw('written', written))
        res.write('some')
        res.write('words')
        setImmediate(() => {
          res.write('more')
          setImmediate(() => res.end('last'))
        })
      })
    },
    async play(client) {
      const { body } = await client.exchange({ path: '/' })
      await client.saw('written')
      return body
    },
  },
]

function streamWords(app: Express): void {
  app.use((_req, res) => {
    res.write('some ')
    setImmediate(() => res.end('words'))
  })
}

function shakeHands(req: IncomingMessage, socket: Socket): void {
  const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  const head = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  socket.write(`HTTP/1.1 101 Yes\r\n${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
}

/** The text of a short frame. */
function unmasked(frame: Buffer): Buffer {
  return frame.subarray(6).map((byte, at) => byte ^ frame[2 + (at % 4)]!) as Buffer
}
