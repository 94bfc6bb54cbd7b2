import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import type { Probe } from '../../src/probe.ts'
import { attempt, nodeOf, PROMPT, reads } from './shapes.ts'

/** How handlers read the Node request behind the web one. */
export const INCOMING_ON_HONO: readonly Probe[] = [
  reads(
    'c.env.incoming is read by its data events',
    async (c) => {
      const { incoming } = nodeOf(c)
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      await once(incoming, 'end')
      return [Buffer.concat(chunks).toString(), chunks.every((chunk) => Buffer.isBuffer(chunk))]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming is iterated',
    async (c) => {
      let all = ''
      for await (const chunk of nodeOf(c).incoming) all += String(chunk)
      return [all, nodeOf(c).incoming.readableEnded, nodeOf(c).incoming.destroyed]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming is read when it is readable',
    async (c) => {
      const { incoming } = nodeOf(c)
      let all = ''
      incoming.on('readable', () => {
        for (let chunk = incoming.read() as Buffer; chunk; chunk = incoming.read() as Buffer) {
          all += chunk.toString()
        }
      })
      await once(incoming, 'end')
      return all
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming is read in portions that the handler chooses',
    async (c) => {
      const { incoming } = nodeOf(c)
      const portions: string[] = []
      incoming.on('readable', () => {
        for (let part = incoming.read(5) as Buffer; part; part = incoming.read(5) as Buffer) {
          portions.push(part.toString())
        }
      })
      await once(incoming, 'end')
      return portions
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming is piped',
    async (c) => {
      const through = new PassThrough()
      nodeOf(c).incoming.pipe(through)
      return text(through)
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming goes through a pipeline',
    async (c) => {
      let all = ''
      await pipeline(nodeOf(c).incoming, async (source) => {
        for await (const chunk of source) all += String(chunk)
      })
      return all
    },
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming is unpiped, and read to its end by another',
    async (c) => {
      const { incoming } = nodeOf(c)
      const first = new PassThrough()
      incoming.pipe(first)
      incoming.unpipe(first)
      const second = new PassThrough()
      incoming.pipe(second)
      return [await text(second), first.readableLength]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'a listener that is removed hears nothing',
    async (c) => {
      const { incoming } = nodeOf(c)
      const heard: string[] = []
      const listener = (chunk: Buffer) => heard.push(chunk.toString())
      incoming.on('data', listener)
      incoming.removeListener('data', listener)
      return [await text(incoming), heard, incoming.listenerCount('data')]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'events of c.env.incoming come in their order',
    async (c) => {
      const { incoming } = nodeOf(c)
      const events: string[] = []
      for (const event of ['resume', 'data', 'pause', 'end', 'error']) {
        incoming.on(event, () => events.push(event))
      }
      await once(incoming, 'end')
      return [events, incoming.readableFlowing, incoming.readableDidRead]
    },
    { kept: [PROMPT] },
  ),
  reads(
    'the head of c.env.incoming is as it came',
    (c) => {
      const { incoming } = nodeOf(c)
      const raw = incoming.rawHeaders.filter(
        (_, at) => !/host|authority/i.test(incoming.rawHeaders[at & ~1]!),
      )
      return [incoming.method, incoming.url, incoming.httpVersion, raw, incoming.headers['x-b']]
    },
    { asked: { path: '/a?b=%20', headers: { 'X-B': ['1', '2'], 'x-c': '' } } },
  ),
  reads(
    'c.req.text() after c.env.incoming was read fails as ever',
    async (c) => [
      await text(nodeOf(c).incoming),
      await attempt(() => c.req.text()),
      c.req.raw.bodyUsed,
    ],
    { kept: [PROMPT] },
  ),
  reads(
    'c.env.incoming after c.req.text() is at its end',
    async (c) => [
      await c.req.text(),
      nodeOf(c).incoming.readableEnded,
      nodeOf(c).incoming.complete,
    ],
    { kept: [PROMPT] },
  ),
  {
    name: 'characters that are split between pieces of a request are read whole',
    hono(app, { saw }) {
      app.post('/', async (c) => {
        const { incoming } = nodeOf(c)
        incoming.setEncoding('utf8')
        let all = ''
        for await (const piece of incoming) saw(`heard ${(all += String(piece)).length}`)
        return c.text(all)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      const bytes = Buffer.from('\u65e5\u672c\u306e\u9df1')
      await conversation.write(bytes.subarray(0, 4))
      await client.saw('heard 1')
      await conversation.write(bytes.subarray(4, 8))
      await client.saw('heard 2')
      conversation.end(bytes.subarray(8))
      return conversation.rest()
    },
    kept: ['\u65e5\u672c\u306e\u9df1'],
  },
  {
    name: 'a paused request stays where it is until it is resumed',
    hono(app, { saw, signal }) {
      app.post('/', async (c) => {
        const { incoming } = nodeOf(c)
        let all = ''
        incoming.on('data', (chunk: Buffer) => {
          all += chunk.toString()
          if (all === 'one ') {
            incoming.pause()
            saw('paused')
          }
        })
        await signal('sent')
        for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)
        saw('while paused', [all, incoming.isPaused()])
        incoming.resume()
        await once(incoming, 'end')
        return c.text(all)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/', headers: { 'Content-Type': 'text/plain' } })
      await conversation.write('one ')
      await client.saw('paused')
      await conversation.write('two ')
      client.signal('sent')
      conversation.end('three')
      return conversation.rest()
    },
    kept: ['one two three'],
  },
]
