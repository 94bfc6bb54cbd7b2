import type { Probe } from '../src/probe.ts'

/** How handlers answer on Express. */
export const ANSWERING_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'res.write returns whether to go on, res.end returns the response',
    express(app, { saw }) {
      app.post('/', (_req, res) => {
        const piece = Buffer.alloc(4096, 'x')
        saw(
          'writes',
          Array.from({ length: 10 }, () => res.write(piece)),
        )
        saw('end returns itself', res.end() === res)
        saw('end again returns itself', res.end() === res)
      })
    },
    play: (client) => client.exchange({ path: '/' }),
  },
  {
    name: 'each piece of an answer reaches the client before the next one is made',
    express(app, { saw, signal }) {
      app.post('/', async (_req, res) => {
        res.type('text/event-stream')
        for (const piece of ['one', 'two', 'three']) {
          res.write(`data: ${piece}\n\n`)
          await signal(piece)
          saw(`client has ${piece}`)
        }
        res.end()
      })
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
