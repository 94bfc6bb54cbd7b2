import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { stream, streamSSE } from 'hono/streaming'
import type { Probe } from '../../src/probe.ts'
import { describe, nodeOf, REPLY } from './shapes.ts'

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' }

const MANY = 256

const PIECE = Buffer.alloc(65_536, 'the heron does not move; ')

/** When the pieces of streams come, and what becomes of them where the client is slow or leaves. */
export const PACING_ON_HONO: readonly Probe[] = [
  {
    name: 'each event of a stream reaches the client before the next one is made',
    hosts: ['hono'],
    hono(app, { saw, signal }) {
      app.post('/', (c) =>
        streamSSE(c, async (out) => {
          for (const data of ['one', 'two', 'three']) {
            await out.writeSSE({ data })
            await signal(data)
            saw(`client has ${data}`)
          }
        }),
      )
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const pieces: string[] = []
      for (const piece of ['one', 'two', 'three']) {
        pieces.push((await conversation.read(`data: ${piece}\n\n`.length)).toString())
        client.signal(piece)
      }
      return { pieces, rest: await conversation.rest() }
    },
    kept: ['one', 'two', 'three'],
  },
  {
    name: 'each piece of a stream of its own reaches the client before the next one is made',
    hono(app, { saw, signal }) {
      app.post('/', (c) =>
        stream(c, async (out) => {
          for (const piece of ['one', 'two', 'three']) {
            await out.write(`${piece};`)
            await signal(piece)
            saw(`client has ${piece}`)
          }
        }),
      )
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const pieces: string[] = []
      for (const piece of ['one', 'two', 'three']) {
        pieces.push((await conversation.read(piece.length + 1)).toString())
        client.signal(piece)
      }
      return { pieces, rest: await conversation.rest() }
    },
    kept: ['one;two;three;'],
  },
  {
    name: 'the head of a stream comes before its first piece is made',
    hono(app, { signal }) {
      app.post('/', (c) =>
        c.body(
          new ReadableStream({
            async pull(controller) {
              await signal('head')
              controller.enqueue(Buffer.from(REPLY))
              controller.close()
            },
          }),
          200,
          TEXT,
        ),
      )
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const head = await conversation.head()
      client.signal('head')
      return { head, rest: await conversation.rest() }
    },
    kept: [REPLY],
  },
  {
    name: 'a source is asked for no more than without, and in the same turn',
    hono(app, { saw }) {
      app.post('/', (c) => {
        let made = 0
        const body = new ReadableStream<Uint8Array>({
          start: () => saw('start'),
          pull(controller) {
            saw('pull', controller.desiredSize)
            if (++made > 3) controller.close()
            else controller.enqueue(Buffer.from(`${made};`))
          },
        })
        return c.body(body, 200, TEXT)
      })
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['1;2;3;'],
  },
  {
    name: 'a client that reads slowly holds the source back, and gets every byte',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        // On HTTP/2, node-server cuts long answers off where the request has not been read.
        await c.req.text()
        let made = 0
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (made++ === MANY) controller.close()
            else controller.enqueue(PIECE)
          },
        })
        void (async () => {
          // Quiet for this long: whoever is asked for more, is asked in fewer turns.
          let last = -1
          for (let quiet = 0; quiet < 200; quiet++) {
            await turn()
            if (last !== made) quiet = 0
            last = made
          }
          saw('held back', made < MANY)
        })()
        return c.body(body, 200, TEXT)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      await conversation.head()
      await client.saw('held back')
      return conversation.rest()
    },
  },
  {
    name: 'a stream that has no end is cancelled when the client leaves',
    hono(app, { saw }) {
      app.post('/', (c) => {
        const { outgoing } = nodeOf(c)
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            await turn()
            controller.enqueue(PIECE)
          },
          cancel(reason) {
            saw('cancelled', [describe(reason), outgoing.destroyed, c.req.raw.signal.aborted])
          },
        })
        return c.body(body, 200, TEXT)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const first = await conversation.read(PIECE.length)
      conversation.leave()
      await client.saw('cancelled')
      return createHash('sha256').update(first).digest('hex')
    },
  },
  {
    name: 'a stream that waits is cancelled when the client leaves',
    hono(app, { saw }) {
      app.post('/', (c) => {
        let made = 0
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (made++ === 0) controller.enqueue(Buffer.from('one'))
            else return new Promise(() => {})
          },
          cancel: (reason) => saw('cancelled', describe(reason)),
        })
        return c.body(body, 200, TEXT)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const first = (await conversation.read(3)).toString()
      conversation.leave()
      await client.saw('cancelled')
      return first
    },
  },
  {
    name: 'onAbort of a stream is called when the client leaves',
    hono(app, { saw }) {
      app.post('/', (c) =>
        stream(c, async (out) => {
          const left = new Promise<void>((resolve) => out.onAbort(resolve))
          await out.write('one')
          await left
          saw('aborted', [out.aborted, out.closed])
          // Nobody is there any more; it must not fail.
          await out.write('two')
          saw('written after')
        }),
      )
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const first = (await conversation.read(3)).toString()
      conversation.leave()
      await client.saw('written after')
      return first
    },
  },
]
