import { once } from 'node:events'
import { Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Probe } from '../../src/probe.ts'
import { attempt, REPLY } from './shapes.ts'
import { writes } from './writes.ts'

const TEXT = { 'Content-Type': 'text/plain' }

/** How handlers write to the Node response behind the web one. */
export const OUTGOING_ON_HONO: readonly Probe[] = [
  writes(
    'outgoing.write returns whether to go on, outgoing.end the response',
    ({ outgoing }, { saw }) => {
      outgoing.writeHead(200, TEXT)
      const piece = Buffer.alloc(4096, 'x')
      saw(
        'writes',
        Array.from({ length: 10 }, () => outgoing.write(piece)),
      )
      saw('end returns', [outgoing.end(REPLY) === outgoing, outgoing.end() === outgoing])
    },
    [REPLY],
  ),
  writes(
    'writeHead returns the response, with headers in all shapes',
    ({ outgoing }, { saw }) => {
      outgoing.setHeader('X-Set', ['a', 'b'])
      saw('writeHead returns', outgoing.writeHead(201, { 'X-Head': '1', ...TEXT }) === outgoing)
      saw('headers', [
        outgoing.headersSent,
        outgoing.getHeaderNames().filter((one) => one !== 'flagging-id'),
      ])
      outgoing.end(REPLY)
    },
    [REPLY],
  ),
  writes(
    'text in all encodings goes out and its callbacks are called',
    async ({ outgoing }, { saw }) => {
      outgoing.writeHead(200, { 'Content-Type': 'application/octet-stream' })
      const out = (chunk: string, encoding: BufferEncoding) =>
        new Promise<void>((resolve) => void outgoing.write(chunk, encoding, () => resolve()))
      await out('6f6e206f6e65206c6567', 'hex')
      await out('IGFtb25nIHRoZSByZWVkcw==', 'base64')
      await out('h\u00e9ron', 'latin1')
      outgoing.write('cb only', () => saw('written'))
      await new Promise<void>((resolve) => void outgoing.end(' end', 'utf8', () => resolve()))
      saw('ended', [outgoing.writableEnded, outgoing.writableFinished])
    },
    ['on one leg among the reeds'],
  ),
  writes(
    'end() with a callback alone, and end() with bytes',
    ({ outgoing }, { saw }) => {
      outgoing.writeHead(200, TEXT)
      outgoing.write(Uint8Array.from(Buffer.from(REPLY)))
      outgoing.end(() => saw('ended'))
    },
    [REPLY],
  ),
  writes(
    'what is written after the end is refused as ever',
    async ({ outgoing }, { saw }) => {
      outgoing.on('error', (error: NodeJS.ErrnoException) => saw('error', error.code))
      outgoing.writeHead(200, TEXT)
      outgoing.end(REPLY)
      const refused = await new Promise<unknown>((resolve) => {
        saw(
          'returns',
          outgoing.write('late', (error) => resolve((error as NodeJS.ErrnoException)?.code)),
        )
      })
      saw('refused', refused)
    },
    [REPLY],
  ),
  {
    ...writes('what cannot be written is refused as ever', async ({ outgoing }, { saw }) => {
      saw('null', await attempt(() => outgoing.write(null)))
      saw('number', await attempt(() => outgoing.write(7 as never)))
      saw(
        'header',
        await attempt(() => (outgoing.setHeader('bad name', 'x') as unknown) === outgoing),
      )
      saw('status', await attempt(() => (outgoing.writeHead(9999) as unknown) === outgoing))
      outgoing.writeHead(200, TEXT)
      outgoing.end(REPLY)
      saw(
        'late header',
        await attempt(() => (outgoing.setHeader('X-Late', 'x') as unknown) === outgoing),
      )
    }),
    hosts: ['hono'],
  },
  writes(
    'a Node stream is piped out, with its events',
    async ({ outgoing }, { saw }) => {
      for (const event of ['pipe', 'unpipe', 'prefinish', 'finish']) {
        outgoing.on(event, () => saw(event))
      }
      outgoing.writeHead(200, TEXT)
      Readable.from([Buffer.from('on one leg '), Buffer.from('among the reeds')]).pipe(
        outgoing as never,
      )
      await once(outgoing, 'finish')
    },
    [REPLY],
  ),
  writes(
    'a pipeline ends at the response',
    async ({ outgoing }, { saw }) => {
      outgoing.writeHead(200, TEXT)
      const source = Readable.from([Buffer.from('on one leg '), Buffer.from('among the reeds')])
      await pipeline(source, outgoing as Writable)
      saw('done', [outgoing.writableEnded, source.destroyed])
    },
    [REPLY],
  ),
  writes('a large piece makes write wait for drain', async ({ incoming, outgoing }, { saw }) => {
    // On HTTP/2, node-server cuts long answers off where the request has not been read.
    await text(incoming)
    outgoing.writeHead(200, TEXT)
    const goesOn = outgoing.write(Buffer.alloc(3_000_000, 'the heron waits; '))
    saw('goes on', goesOn)
    if (!goesOn) await once(outgoing, 'drain')
    saw('drained')
    outgoing.end(REPLY)
  }),
]
