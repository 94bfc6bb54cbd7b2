import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import busboy from 'busboy'
import formidable from 'formidable'
import type { Probe } from '../../src/probe.ts'
import { FORM, nodeOf, PROMPT, QUESTION } from './shapes.ts'

/** Parsers on the Node request, and bodies that were read before or by nobody. */
export const PARSING_ON_HONO: readonly Probe[] = [
  {
    name: 'busboy finds every part of a form',
    hono(app) {
      app.post('/', async (c) => {
        const { incoming } = nodeOf(c)
        const parts: unknown[] = []
        const parser = busboy({ headers: incoming.headers })
        parser.on('field', (name, value) => parts.push([name, value]))
        parser.on('file', (name, stream, info) => {
          const at = parts.push([name, info]) - 1
          void text(stream).then((content) => (parts[at] = [name, info, content.length]))
        })
        await pipeline(incoming, parser)
        await new Promise(setImmediate)
        return c.json(parts)
      })
    },
    play: (client) => client.exchange(FORM),
    kept: [PROMPT, 'seen at dusk'],
  },
  {
    name: 'formidable stores every file of a form',
    hono(app, { dir }) {
      app.post('/', async (c) => {
        const form = formidable({ uploadDir: dir })
        const [fields, files] = await form.parse(nodeOf(c).incoming as never)
        const found = Object.values(files).flatMap((list) => list ?? [])
        const facts = found.map((file) => [file.originalFilename, file.mimetype, file.size])
        // It lists them as their last bytes reach the disk, in any order.
        return c.json([fields, facts.map(String).toSorted()])
      })
    },
    play: (client) => client.exchange(FORM),
    kept: [PROMPT, 'seen at dusk'],
  },
  {
    name: 'a body that something before has put aside as rawBody is read from there',
    mounts: 'itself',
    hono(app, { mount }) {
      app.use(async (c, next) => {
        const incoming = nodeOf(c).incoming as unknown as { rawBody?: Buffer }
        incoming.rawBody = Buffer.from(await text(nodeOf(c).incoming))
        await next()
      })
      mount()
      app.post('/', async (c) => c.json(await c.req.json<object>()))
    },
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT],
  },
  {
    name: 'a body that middleware before has read is there for the handler',
    mounts: 'itself',
    hono(app, { mount }) {
      app.use('/json', async (c, next) => {
        await c.req.json()
        await next()
      })
      app.use('/clone', async (c, next) => {
        await c.req.raw.clone().text()
        await next()
      })
      app.use('/late', async (_c, next) => {
        for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)
        await next()
      })
      mount()
      app.post('/:how', async (c) => c.json([await c.req.json(), await c.req.text()]))
    },
    play: async (client) => [
      await client.exchange({ ...QUESTION, path: '/json' }),
      await client.exchange({ ...QUESTION, path: '/clone' }),
      await client.exchange({ ...QUESTION, path: '/late' }),
    ],
    kept: [PROMPT],
  },
  {
    name: 'a body that nobody reads is captured all the same',
    hosts: ['hono'],
    hono: (app) => void app.post('/', (c) => c.text('not read')),
    play: (client) => client.exchange(QUESTION),
    kept: [PROMPT],
  },
]
