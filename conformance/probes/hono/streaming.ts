import { setImmediate as turn } from 'node:timers/promises'
import type { Probe } from '../../src/probe.ts'
import { answers, REPLY, streamOf } from './shapes.ts'

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' }

/** How streams come to the client. */
export const STREAMING_ON_HONO: readonly Probe[] = [
  answers(
    'a stream whose pieces are there from the start',
    (c) =>
      c.body(
        new ReadableStream({
          start(controller) {
            for (const piece of ['on ', 'one ', 'leg']) controller.enqueue(Buffer.from(piece))
            controller.close()
          },
        }),
        200,
        TEXT,
      ),
    { kept: ['on one leg'] },
  ),
  answers(
    'a stream of bytes by type',
    (c) =>
      c.body(
        new ReadableStream({
          type: 'bytes',
          start(controller) {
            controller.enqueue(new Uint8Array(Buffer.from(REPLY)))
            controller.close()
          },
        }),
        200,
        TEXT,
      ),
    { kept: [REPLY] },
  ),
  answers('a stream with empty pieces', (c) => c.body(streamOf('a', '', 'b', ''), 200, TEXT)),
  answers('a stream of nothing', (c) => c.body(streamOf(), 200, TEXT)),
  answers('a stream of texts instead of bytes', (c) =>
    c.body(
      new ReadableStream({
        async start(controller) {
          controller.enqueue('on one ')
          await turn()
          await turn()
          controller.enqueue('leg')
          controller.close()
        },
      }),
      200,
      TEXT,
    ),
  ),
  answers(
    'characters that are split between pieces arrive whole',
    (c) => {
      const bytes = Buffer.from('\u65e5\u672c\u306e\u9df1 \ud83e\udeb6')
      return c.body(streamOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))), 200, TEXT)
    },
    { kept: ['\u65e5\u672c\u306e\u9df1 \ud83e\udeb6'] },
  ),
  answers(
    'a hundred thousand tiny pieces arrive in order',
    async (c) => {
      await c.req.text()
      let made = 0
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (made === 100_000) controller.close()
          else controller.enqueue(Buffer.from(`${made++ % 10}`))
        },
      })
      return c.body(body, 200, TEXT)
    },
    { kept: ['0123456789'.repeat(10)] },
  ),
  answers('a source that fails at once ends the answer as ever', (c) =>
    c.body(
      new ReadableStream({
        pull() {
          throw new Error('no first piece')
        },
      }),
      200,
      TEXT,
    ),
  ),
  {
    name: 'a source that fails after its first piece cuts the answer off',
    hono(app, { signal }) {
      app.post('/', (c) => {
        let made = 0
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (made++ === 0) return controller.enqueue(Buffer.from('a first piece'))
            await signal('read')
            controller.error(new Error('no second piece'))
          },
        })
        return c.body(body, 200, TEXT)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const first = (await conversation.read('a first piece'.length)).toString()
      client.signal('read')
      const { status, body, ending } = await conversation.rest()
      return { first, status, body, ending }
    },
  },
]
