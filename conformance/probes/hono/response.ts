import { earlyHints } from '@hono/node-server/early-hints'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Probe } from '../../src/probe.ts'
import { nodeOf, PROMPT, QUESTION, REPLY } from './shapes.ts'
import { writes } from './writes.ts'

const TEXT = { 'Content-Type': 'text/plain' }

/** What else there is of the Node response: its events, its headers, what wraps it. */
export const RESPONSE_ON_HONO: readonly Probe[] = [
  {
    name: 'events of a response come in their order, with what it tells of itself',
    hono(app, { saw }) {
      app.post('/', (c) => {
        const { outgoing } = nodeOf(c)
        for (const event of ['prefinish', 'finish', 'close'] as const) {
          outgoing.on(event, () =>
            saw(event, [outgoing.headersSent, outgoing.writableEnded, outgoing.statusCode]),
          )
        }
        return c.text(REPLY, 201)
      })
    },
    async play(client) {
      const answer = await client.exchange(QUESTION)
      await client.saw('close')
      return answer
    },
    kept: [REPLY],
  },
  {
    name: 'headers set on the Node response go out with the web one',
    hono(app, { saw }) {
      app.post('/', (c) => {
        const { outgoing } = nodeOf(c)
        outgoing.setHeader('X-Node', 'yes')
        outgoing.setHeader('X-Both', 'node')
        outgoing.setHeader('X-Removed', 'yes')
        outgoing.removeHeader('X-Removed')
        saw('names', [
          outgoing.getHeaderNames(),
          outgoing.hasHeader('x-node'),
          outgoing.headersSent,
        ])
        return c.text(REPLY, 200, { 'X-Both': 'web' })
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [REPLY],
  },
  {
    name: 'early hints go out before the answer',
    hono(app, { saw }) {
      app.use(earlyHints({ link: '</heron.css>; rel=preload' }))
      app.post('/', async (c) => {
        const { outgoing } = nodeOf(c)
        outgoing.writeEarlyHints({ link: '</second.css>; rel=preload' })
        saw('headers sent', outgoing.headersSent)
        return c.text(REPLY)
      })
    },
    play: (client) => client.exchange(QUESTION),
    kept: [REPLY],
  },
  writes(
    'trailers go out after the body',
    ({ outgoing }) => {
      outgoing.writeHead(200, { ...TEXT, Trailer: 'X-Sum' })
      outgoing.write(REPLY)
      outgoing.addTrailers({ 'X-Sum': '26' })
      outgoing.end()
    },
    [REPLY],
  ),
  writes(
    'flushHeaders() sends the head alone',
    async ({ outgoing }, { signal }) => {
      outgoing.writeHead(200, TEXT)
      outgoing.flushHeaders()
      await signal('head')
      outgoing.end(REPLY)
    },
    [REPLY],
  ),
  ...['before', 'after'].map(patched),
  writes(
    'a response that is corked goes out as one',
    ({ outgoing }) => {
      outgoing.writeHead(200, TEXT)
      outgoing.cork()
      outgoing.write('on one leg ')
      outgoing.write('among the reeds')
      outgoing.uncork()
      outgoing.end()
    },
    [REPLY],
  ),
  writes('a response that the handler destroys is cut off', ({ outgoing }, { saw }) => {
    outgoing.on('close', () => saw('close', [outgoing.writableEnded, outgoing.writableFinished]))
    outgoing.writeHead(200, TEXT)
    outgoing.write(REPLY, () => outgoing.destroy())
  }),
  {
    name: 'a request that the handler destroys is refused',
    hosts: ['hono'],
    hono(app, { saw }) {
      app.post('/', (c) => {
        nodeOf(c).outgoing.on('close', () => saw('close'))
        nodeOf(c).incoming.destroy()
        return c.text(REPLY)
      })
    },
    async play(client) {
      const { ending } = await client.exchange(QUESTION)
      await client.saw('close')
      return ending
    },
  },
]

/** Middleware of the Node world that wraps the methods of the response. */
function patched(when: string): Probe {
  return {
    name: `write and end that are wrapped ${when} it are called as ever`,
    mounts: 'itself',
    hono(app, { mount, saw }) {
      const wrap = () =>
        app.use(async (c, next) => {
          const { outgoing } = nodeOf(c)
          const { write, end } = outgoing
          outgoing.write = ((...args: unknown[]) => {
            saw('write', [args.length, String(args[0])])
            return (write as (...all: unknown[]) => boolean).apply(outgoing, args)
          }) as never
          outgoing.end = ((...args: unknown[]) => {
            saw('end', [args.length, typeof args[0]])
            return (end as (...all: unknown[]) => unknown).apply(outgoing, args)
          }) as never
          await next()
        })
      if (when === 'before') wrap()
      mount()
      if (when === 'after') wrap()
      app.post('/', async (c) => {
        const { outgoing } = nodeOf(c)
        outgoing.writeHead(200, TEXT)
        outgoing.write('on one leg ')
        outgoing.end('among the reeds')
        return RESPONSE_ALREADY_SENT
      })
      app.post('/web', async (c) => c.text(await c.req.text()))
    },
    play: async (client) => [
      await client.exchange(QUESTION),
      await client.exchange({ ...QUESTION, path: '/web' }),
    ],
    kept: [REPLY, PROMPT],
  }
}
