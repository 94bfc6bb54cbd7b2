import { once } from 'node:events'
import { createReadStream, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from '../../src/client.ts'
import type { Probe } from '../../src/probe.ts'
import { codeOf, until } from '../watching.ts'

const PIECE = Buffer.alloc(64 * 1024, 'x')
/** More than the buffers of both ends of a connection take. */
const PIECES = 384

/** How handlers answer on Express piece by piece. */
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
    play: (client) => readPieces(client, (piece) => `data: ${piece}\n\n`),
    kept: ['one', 'two', 'three'],
  },
  {
    name: 'so does each line of a generator that is piped into the answer',
    express(app, { signal }) {
      app.post('/', async (_req, res) => {
        res.type('application/x-ndjson')
        await pipeline(async function* () {
          for (const piece of ['one', 'two', 'three']) {
            yield `{"line":"${piece}"}\n`
            await signal(piece)
          }
        }, res)
      })
    },
    play: (client) => readPieces(client, (piece) => `{"line":"${piece}"}\n`),
    kept: ['one', 'two', 'three'],
  },
  {
    name: 'the head reaches the client before the first piece is made',
    express(app, { signal }) {
      app.post('/', async (_req, res) => {
        res.type('text/event-stream').flushHeaders()
        await signal('head')
        res.end('data: words\n\n')
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const { status } = await conversation.head()
      client.signal('head')
      return { status, rest: await conversation.rest() }
    },
    kept: ['words'],
  },
  {
    name: 'each piece of a request is answered before the next one is sent',
    express(app) {
      app.post('/', async (req, res) => {
        const upper = new Transform({
          transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()),
        })
        await pipeline(req, upper, res)
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      const pieces: string[] = []
      for (const piece of ['one', 'two', 'three']) {
        await conversation.write(piece)
        pieces.push((await conversation.read(piece.length)).toString())
      }
      conversation.end()
      return { pieces, rest: await conversation.rest() }
    },
    kept: ['onetwothree', 'ONETWOTHREE'],
  },
  {
    name: 'characters that are cut in two by the pieces of an answer',
    express(app) {
      app.post('/', (_req, res) => {
        res.type('text/plain; charset=utf-8')
        for (const byte of Buffer.from('日本 and Grüße')) res.write(Buffer.of(byte))
        res.end()
      })
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['日本 and Grüße'],
  },
  {
    name: 'an answer of 100,000 tiny pieces',
    express(app) {
      app.post('/', async (_req, res) => {
        for (let n = 0; n < 100_000; n++) {
          if (!res.write(`${n};`)) await once(res, 'drain')
        }
        res.end('the last words')
      })
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['99998;99999;the last words'],
  },
  {
    name: 'a source is held back by a client that reads nothing, and comes whole afterwards',
    express(app, { saw }) {
      app.post('/', async (_req, res) => {
        let made = 0
        const source = new Readable({
          read() {
            this.push(made++ < PIECES ? PIECE : null)
          },
        })
        source.pipe(res)
        await until(() => res.writableNeedDrain || made > PIECES)
        for (let turns = 0; turns < 20; turns++) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        saw('held back', made < PIECES)
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
    name: 'a source that waits for drain events by itself',
    express(app, { saw }) {
      app.post('/', async (_req, res) => {
        let drained = 0
        res.on('drain', () => drained++)
        for (let n = 0; n < 64; n++) if (!res.write(PIECE)) await once(res, 'drain')
        res.end(() => saw('drained', drained > 0))
      })
    },
    async play(client) {
      const answer = await client.exchange({ path: '/' })
      await client.saw('drained')
      return answer
    },
  },
  {
    name: 'an endless source is closed when the client leaves',
    express(app, { saw }) {
      app.post('/', async (_req, res) => {
        const source = new Readable({
          read() {
            setImmediate(() => this.push('and so on '))
          },
          destroy(error, done) {
            saw('source closed')
            done(error)
          },
        })
        await pipeline(source, res).catch((error: unknown) => saw('pipeline', codeOf(error)))
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      const first = await conversation.read(1000)
      conversation.leave()
      await client.saw('pipeline')
      return first.length
    },
    kept: ['and so on and so on'],
  },
  {
    name: 'a source that fails half-way cuts the answer off',
    express(app, { saw }) {
      app.post('/', async (_req, res) => {
        const failing = Readable.from(
          (async function* () {
            yield 'some words'
            await once(res, 'sent')
            throw new Error('no more')
          })(),
        )
        const failed = pipeline(failing, res).catch((error: unknown) => codeOf(error))
        res.on('close', () => {
          const { destroyed, writableFinished, errored } = res
          void failed.then((code) => {
            saw('closed', { code, destroyed, writableFinished, errored: codeOf(errored) })
          })
        })
        await until(() => res.headersSent)
        res.emit('sent')
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      conversation.end()
      await client.saw('closed')
      const { ending } = await conversation.rest()
      return ending
    },
  },
  {
    name: 'a file that is piped into the answer',
    express(app, { dir }) {
      app.post('/', (_req, res) => {
        writeFileSync(join(dir, 'large.bin'), Buffer.concat([Buffer.alloc(300_000, 'y'), PIECE]))
        createReadStream(join(dir, 'large.bin'), { highWaterMark: 10_000 }).pipe(res)
      })
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['yyyyyyyyyyyyyyyyyyyyxxxxxxxxxxxxxxxxxxxx'],
  },
  {
    name: 'a web stream that is written to the answer',
    express(app) {
      app.post('/', async (_req, res) => {
        const { body } = new Response(new Blob(['some words', ' of the web']))
        await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), res)
      })
    },
    play: (client) => client.exchange({ path: '/' }),
    kept: ['some words of the web'],
  },
  {
    name: 'an answer that is passed on from another server, head, body and trailers',
    express(app) {
      app.post('/', async (req, res) => {
        const upstream = createServer((asked, answer) => {
          answer.writeHead(203, 'Passed On', ['X-Up', '1', 'X-Up', '2', 'Trailer', 'X-Sum'])
          answer.addTrailers({ 'X-Sum': '3' })
          asked.pipe(answer)
        }).listen(0, '127.0.0.1')
        await once(upstream, 'listening')
        const { port } = upstream.address() as AddressInfo
        const passed = request({ port, host: '127.0.0.1', method: 'POST', agent: false })
        passed.on('response', (answer) => {
          res.writeHead(answer.statusCode!, answer.statusMessage, answer.rawHeaders)
          answer.on('end', () => {
            res.addTrailers(answer.trailers as Record<string, string>)
            res.end()
            upstream.close()
          })
          answer.pipe(res, { end: false })
        })
        req.pipe(passed)
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words to pass on' }),
    kept: ['some words to pass on'],
  },
]

async function readPieces(client: Client, line: (piece: string) => string): Promise<unknown> {
  const conversation = client.open({ path: '/' })
  conversation.end()
  const pieces: string[] = []
  for (const piece of ['one', 'two', 'three']) {
    pieces.push((await conversation.read(line(piece).length)).toString())
    client.signal(piece)
  }
  return { pieces, rest: await conversation.rest() }
}
