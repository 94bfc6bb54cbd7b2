import { streamSSE } from 'hono/streaming'
import type { Probe } from '../src/probe.ts'

/** How handlers answer on Hono. */
export const ANSWERING_ON_HONO: readonly Probe[] = [
  {
    name: 'each event of a stream reaches the client before the next one is made',
    hono(app, { saw, signal }) {
      app.post('/', (c) =>
        streamSSE(c, async (stream) => {
          for (const data of ['one', 'two', 'three']) {
            await stream.writeSSE({ data })
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
]
