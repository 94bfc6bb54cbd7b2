import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Probe, Stage } from '../../src/probe.ts'
import { attempt, describe, nodeOf, PROMPT, QUESTION, REPLY, leavesWhenBegun } from './shapes.ts'

const TEXT = { 'Content-Type': 'text/plain' }

/** What the app sees of clients that leave, at every point of an exchange. */
export const LEAVING_ON_HONO: readonly Probe[] = [
  {
    name: 'a client that leaves before the head aborts the signal of the request',
    hono(app, stage) {
      app.post('/', async (c) => {
        await c.req.text()
        await gone(c, stage)
        stage.saw('done')
        return c.text(REPLY)
      })
    },
    play: leavesWhenBegun('done'),
  },
  {
    name: 'a signal that is asked for only after the client has left is aborted',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        await c.req.text()
        saw('begun')
        await once(nodeOf(c).outgoing, 'close')
        // What tells the request runs among the listeners of the same event.
        await turn()
        saw('signal', [c.req.raw.signal.aborted, describe(c.req.raw.signal.reason)])
        return c.text(REPLY)
      })
    },
    play: leavesWhenBegun('signal'),
  },
  {
    name: 'work that follows the signal of the request stops when the client leaves',
    hono(app, { saw, signal }) {
      app.post('/', async (c) => {
        saw('begun')
        const work = new Promise((_resolve, reject) => {
          c.req.raw.signal.addEventListener('abort', () => reject(c.req.raw.signal.reason as Error))
        })
        saw('work', await attempt(() => work))
        await signal('left')
        return c.text(REPLY)
      })
    },
    async play(client) {
      const conversation = client.open(QUESTION)
      conversation.end(QUESTION.body)
      await client.saw('begun')
      conversation.leave()
      await client.saw('work')
      client.signal('left')
    },
  },
  {
    name: 'a client that leaves in the middle of an answer closes it unfinished',
    hono(app, { saw, signal }) {
      app.post('/', async (c) => {
        const { outgoing } = nodeOf(c)
        c.req.raw.signal.addEventListener('abort', () =>
          saw('aborted', String(c.req.raw.signal.reason)),
        )
        outgoing.on('finish', () => saw('finish'))
        outgoing.on('close', () => void turn().then(() => saw('close', outgoing.writableFinished)))
        outgoing.writeHead(200, TEXT)
        outgoing.write('a first piece')
        await signal('left')
        return RESPONSE_ALREADY_SENT
      })
    },
    async play(client) {
      const conversation = client.open(QUESTION)
      conversation.end(QUESTION.body)
      const first = (await conversation.read('a first piece'.length)).toString()
      conversation.leave()
      await client.saw('close')
      client.signal('left')
      return first
    },
  },
  {
    name: 'a handler that writes on after the client has left is told as ever',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        const { outgoing } = nodeOf(c)
        outgoing.on('error', (error: NodeJS.ErrnoException) => saw('error', error.code))
        outgoing.writeHead(200, TEXT)
        outgoing.write('a first piece')
        await once(outgoing, 'close')
        saw('write', [outgoing.write('to nobody'), outgoing.destroyed ?? null])
        saw('end', outgoing.end() === outgoing)
        await turn()
        saw('done')
        return RESPONSE_ALREADY_SENT
      })
    },
    async play(client) {
      const conversation = client.open(QUESTION)
      conversation.end(QUESTION.body)
      const first = (await conversation.read('a first piece'.length)).toString()
      conversation.leave()
      await client.saw('done')
      return first
    },
  },
  {
    name: 'a client that leaves after the last byte aborts nothing',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        const { outgoing } = nodeOf(c)
        c.req.raw.signal.addEventListener('abort', () => saw('aborted'))
        outgoing.on('close', () => {
          void turn().then(() =>
            saw('close', [outgoing.writableFinished, c.req.raw.signal.aborted]),
          )
        })
        return c.text(await c.req.text())
      })
    },
    async play(client) {
      const conversation = client.open(QUESTION)
      conversation.end(QUESTION.body)
      const answer = await conversation.rest()
      conversation.leave()
      await client.saw('close')
      return answer
    },
    kept: [PROMPT],
  },
  {
    name: 'a client that leaves between two requests disturbs neither',
    hosts: ['hono'],
    hono: (app) => void app.post('/', async (c) => c.text(await c.req.text())),
    async play(client) {
      const found: string[] = []
      for (let n = 0; n < 3; n++) {
        const connection = client.connect()
        await connection.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\n\r\n${PROMPT}`)
        found.push(await connection.until(/sleep/))
        connection.leave()
      }
      return found
    },
    kept: [PROMPT],
  },
  {
    name: 'the app goes on when many clients leave at every point',
    hono(app) {
      app.post('/', async (c) => {
        const read = await c.req.text()
        await turn()
        return c.text(read)
      })
    },
    async play(client) {
      for (let n = 0; n < 30; n++) {
        const conversation = client.open(QUESTION)
        if (n % 3 === 0) await conversation.write('part')
        else conversation.end(QUESTION.body)
        if (n % 3 === 2) await turn()
        conversation.leave()
      }
      return client.exchange(QUESTION)
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
