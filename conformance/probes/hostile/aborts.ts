import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Client } from '../../src/client.ts'
import type { Probe, Stage } from '../../src/probe.ts'
import { failure } from '../bodies.ts'
import { LEAVING } from './leaving.ts'
import { EXPRESS_READERS as EXPRESS } from './readers-express.ts'
import { HONO_READERS as HONO } from './readers-hono.ts'

function endlessOnExpress(app: Express, { saw }: Stage): void {
  let closed = 0
  app.post('/', (_req, res) => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(1000, 'endless '))
      },
    })
    source.pipe(res.type('video/mp4'))
    res.on('close', () => {
      source.destroy()
      if (++closed === 12) saw('all closed')
    })
  })
  app.get('/', (_req, res) => void res.send('alive'))
}

function endlessOnHono(app: Hono, { saw }: Stage): void {
  let cancelled = 0
  app.post('/', (c) =>
    c.body(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1000).fill(0x61)),
        cancel: () => {
          if (++cancelled === 12) saw('all closed')
        },
      }),
      200,
      { 'Content-Type': 'video/mp4' },
    ),
  )
  app.get('/', (c) => c.text('alive'))
}

async function manyLeave(client: Client): Promise<unknown> {
  const heads = Array.from({ length: 12 }, async () => {
    const conversation = client.open({ path: '/' })
    conversation.end('{}')
    await conversation.read(100)
    conversation.leave()
  })
  await Promise.all(heads)
  await client.saw('all closed')
  return client.exchange({ method: 'GET', path: '/' })
}

/** Clients that leave, before, while and after they are answered. */
export const HOSTILE_ABORTS: readonly Probe[] = [
  ...LEAVING,
  {
    name: 'twelve clients that leave within an endless answer',
    express: endlessOnExpress,
    hono: endlessOnHono,
    play: manyLeave,
  },
  {
    name: 'an answer to a client that has left goes nowhere, and nobody is told',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        saw('asked')
        await once(res, 'close')
        saw('left', [res.destroyed, res.writableEnded, req.destroyed, req.readableAborted])
        saw('write', res.write('late words'))
        saw('end', res.end('too late') === res)
        saw('over')
      })
      app.get('/', (_req, res) => void res.send('alive'))
    },
    hono(app, { saw }) {
      app.post('/', async (c) => {
        const { signal } = c.req.raw
        saw('asked')
        if (!signal.aborted) await once(signal, 'abort')
        saw('left', failure(signal.reason))
        queueMicrotask(() => setImmediate(() => saw('over')))
        return c.text('too late')
      })
      app.get('/', (c) => c.text('alive'))
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end('{"of":"one who leaves"}')
      await client.saw('asked')
      conversation.leave()
      await client.saw('over')
      return client.exchange({ method: 'GET', path: '/' })
    },
  },
  {
    name: 'an upload that is refused unread is refused at once',
    express: EXPRESS.ignoring.mount.bind(EXPRESS.ignoring),
    hono: HONO.ignoring.mount.bind(HONO.ignoring),
    async play(client) {
      const headers = {
        'X-Item': 'refused',
        'Content-Type': 'video/mp4',
        'Content-Length': '9000000',
      }
      const conversation = client.open({ path: '/', headers })
      await conversation.write('x'.repeat(10_000))
      const answer = await conversation.rest()
      conversation.leave()
      return [answer, await client.exchange({ path: '/', headers: { 'X-Item': 'next' } })]
    },
  },
  {
    name: 'a body that comes byte by byte is read as a whole',
    express: EXPRESS.pieces.mount.bind(EXPRESS.pieces),
    hono: HONO.pieces.mount.bind(HONO.pieces),
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      for (const byte of 'slowly, byte by byte, till all of it is there') {
        await conversation.write(byte)
      }
      conversation.end()
      return conversation.rest()
    },
    kept: ['slowly, byte by byte, till all of it is there'],
  },
]
