import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { Context } from 'hono'
import type { Probe, Stage } from '../../src/probe.ts'
import { attempt, describe, nodeOf, REPLY, leavesWhenBegun } from './shapes.ts'

const TEXT = { 'Content-Type': 'text/plain' }

/** What the app sees of clients that leave while they are being read. */
export const BROKEN_REQUESTS_ON_HONO: readonly Probe[] = [
  leavesWhileSending('c.req.text()', (c) => c.req.text()),
  leavesWhileSending('c.req.parseBody()', (c) => c.req.parseBody()),
  leavesWhileSending('c.req.raw.arrayBuffer()', (c) => c.req.raw.arrayBuffer()),
  leavesWhileSending('an iteration of c.req.raw.body', async (c) => {
    for await (const chunk of c.req.raw.body!) void chunk
  }),
  leavesWhileSending('an iteration of c.env.incoming', async (c) => {
    for await (const chunk of nodeOf(c).incoming) void chunk
  }),
  leavesWhileSending('data events of c.env.incoming', async (c) => {
    nodeOf(c).incoming.resume()
    await once(nodeOf(c).incoming, 'end')
  }),
  {
    name: 'a handler that reads after the client has left in the middle of its request fails as ever',
    hono(app, stage) {
      app.post('/', async (c) => {
        await gone(c, stage)
        stage.saw('read', await attempt(() => c.req.text()))
        stage.saw('used', c.req.raw.bodyUsed)
        stage.saw('done')
        return c.text(REPLY)
      })
    },
    async play(client) {
      const headers = { ...TEXT, 'Content-Length': '1000' }
      const conversation = client.open({ path: '/', headers })
      await conversation.write('the first piece')
      await client.saw('begun')
      conversation.leave()
      await client.saw('done')
    },
  },
  {
    name: 'a handler that reads after the client has sent all and left is answered as ever',
    hosts: ['hono'],
    hono(app, stage) {
      app.post('/', async (c) => {
        while (!nodeOf(c).incoming.complete) await turn()
        await gone(c, stage)
        stage.saw('read', await attempt(() => c.req.text()))
        stage.saw('done')
        return c.text(REPLY)
      })
    },
    play: leavesWhenBegun('done'),
  },
  {
    name: 'a client that closes its side in the middle of its request is treated as ever',
    hosts: ['hono'],
    hono(app, { saw }) {
      app.post('/', async (c) => {
        saw('read', await attempt(() => c.req.text()))
        return c.text(REPLY)
      })
    },
    async play(client) {
      const connection = client.connect()
      await connection.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\nwhere')
      connection.end()
      await client.saw('read')
      return connection.rest()
    },
  },
]

/** Notes that the handler has begun, and what the request shows when the client has left. */
async function gone(c: Context, { saw }: Stage): Promise<void> {
  const { signal } = c.req.raw
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  saw('begun', signal.aborted)
  await aborted
  saw('gone', [signal.aborted, describe(signal.reason), nodeOf(c).outgoing.writableEnded])
}

/** A handler that is reading when its client leaves. */
function leavesWhileSending(how: string, read: (c: Context) => Promise<unknown>): Probe {
  return {
    name: `a client that leaves in the middle of its request fails ${how} as ever`,
    hono(app, { saw }) {
      app.post('/', async (c) => {
        const reading = attempt(() => read(c))
        saw('begun')
        saw('failed', await reading)
        return c.text(REPLY)
      })
    },
    async play(client) {
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': '1000',
      }
      const conversation = client.open({ path: '/', headers })
      await conversation.write('a=the first piece')
      await client.saw('begun')
      conversation.leave()
      await client.saw('failed')
    },
  }
}
