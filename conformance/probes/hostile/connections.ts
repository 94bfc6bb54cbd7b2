import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Client } from '../../src/client.ts'
import type { HostName } from '../../src/hosts.ts'
import type { Probe } from '../../src/probe.ts'

/** The hosts whose clients say each byte themselves. */
const HTTP1: readonly HostName[] = ['express4', 'express5', 'hono']

const HANDSHAKE = [
  'GET /talk HTTP/1.1',
  'Host: api.test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n')

/** Takes upgrades from now on: speaks first, then says back what it hears. */
function takeUpgrades(req: IncomingMessage): void {
  const { server } = req.socket as unknown as { server: Server }
  server.on('upgrade', (_req, socket: Duplex, early: Buffer) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n')
    socket.write(`Connection: Upgrade\r\n\r\nearly: ${early.toString()};`)
    socket.pipe(socket)
  })
}

async function talk(client: Client): Promise<unknown> {
  const before = await client.exchange({ method: 'GET', path: '/' })
  const connection = client.connect()
  await connection.write(`${HANDSHAKE}soon`)
  const shaken = await connection.until(/early: soon;/)
  await connection.write('\x81\x02hi')
  const said = await connection.until(/\x02hi/)
  const meanwhile = await client.exchange({ path: '/', body: 'meanwhile' })
  connection.end()
  return { before, shaken, said, meanwhile, rest: await connection.rest() }
}

async function leaveEarly(client: Client): Promise<unknown> {
  for (const words of ['', 'P', 'POST / HTTP/1.1\r\nHost', 'POST / HTTP/1.1\r\nHost: a\r\n']) {
    for (let times = 0; times < 5; times++) {
      const connection = client.connect()
      await connection.write(words)
      connection.leave()
    }
  }
  return client.exchange({ path: '/', body: 'sound' })
}

/** Connections that are used otherwise than for one request after the other. */
export const HOSTILE_CONNECTIONS: readonly Probe[] = [
  {
    name: 'an upgrade is shaken hands on beside requests that are answered',
    hosts: HTTP1,
    express(app) {
      app.get('/', (req, res) => {
        takeUpgrades(req)
        res.send('ready')
      })
      app.post('/', (_req, res) => void res.send('answered'))
    },
    hono(app) {
      app.get('/', (c) => {
        takeUpgrades((c.env as { incoming: IncomingMessage }).incoming)
        return c.text('ready')
      })
      app.post('/', (c) => c.text('answered'))
    },
    play: talk,
  },
  {
    name: 'an answer of unknown length on HTTP/1.0 ends with its connection',
    hosts: HTTP1,
    express(app) {
      app.use((_req, res) => {
        res.type('text/plain').write('as long as ')
        res.end('it takes')
      })
    },
    hono(app) {
      app.all('*', () => new Response(new Blob(['as long as it takes']).stream()))
    },
    play: (client) => client.raw('GET / HTTP/1.0\r\nHost: api.test\r\n\r\n'),
    kept: ['it takes'],
  },
  {
    name: 'connections that say nothing, or half of it, and leave',
    hosts: HTTP1,
    express: (app) => void app.use((_req, res) => void res.send('alive')),
    hono: (app) => void app.all('*', (c) => c.text('alive')),
    play: leaveEarly,
  },
]
