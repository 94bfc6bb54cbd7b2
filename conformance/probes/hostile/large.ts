import { Readable } from 'node:stream'
import type { Probe } from '../../src/probe.ts'
import { expressOf } from '../express-of.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

const MIB = 1024 * 1024

/** More than most captures keep of a body. */
const PIECES = 34

function pieceOf(n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(MIB).fill(n)
}

function* pieces(): Generator<Uint8Array<ArrayBuffer>> {
  for (let n = 0; n < PIECES; n++) yield pieceOf(n)
}

/** Bodies that no capture should hold in memory. */
export const HOSTILE_LARGE: readonly Probe[] = [
  {
    name: 'an upload of 34 MiB reaches the handler whole',
    express: EXPRESS.pieces.mount.bind(EXPRESS.pieces),
    hono: HONO.pieces.mount.bind(HONO.pieces),
    play: (client) =>
      client.exchange({
        path: '/',
        headers: { 'Content-Type': 'application/octet-stream' },
        body: Buffer.concat([...pieces()]),
      }),
  },
  {
    name: 'a download of 34 MiB reaches the client whole',
    express(app) {
      app.use((_req, res) => void Readable.from(pieces()).pipe(res.type('image/png')))
    },
    hono(app) {
      app.all('*', (c) => {
        const source = pieces()
        const stream = new ReadableStream<Uint8Array>({
          pull(controller) {
            const { done, value } = source.next()
            if (done) controller.close()
            else controller.enqueue(value)
          },
        })
        return c.body(stream, 200, { 'Content-Type': 'image/png' })
      })
    },
    play: (client) => client.exchange({ method: 'GET', path: '/' }),
  },
  {
    name: 'JSON of 3 MB, there and back',
    express(app, { host }) {
      app.use(expressOf(host).json({ limit: '8mb' }))
      app.use((req, res) => void res.json(req.body))
    },
    hono(app) {
      app.all('*', async (c) => c.json(await c.req.json()))
    },
    play: (client) =>
      client.exchange({
        path: '/',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ words: Array.from({ length: 200_000 }, (_, n) => `word ${n}`) }),
      }),
    kept: ['word 150000'],
  },
]
