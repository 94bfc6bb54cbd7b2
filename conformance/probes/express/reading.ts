import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { finished, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Probe } from '../../src/probe.ts'
import type { Client } from '../../src/client.ts'
import { arrived, letArrive } from '../watching.ts'

/** The ways in which a handler reads a request; each gives all that it has got. */
const READERS: Readonly<Record<string, (req: IncomingMessage) => Promise<Buffer>>> = {
  "req.on('data')": async (req) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(req, 'end')
    return Buffer.concat(chunks)
  },
  "req.on('readable') and read()": (req) => byReadable(req),
  "req.on('readable') and read(n)": (req) => byReadable(req, 5),
  'for await': async (req) => Buffer.concat((await req.toArray()) as Buffer[]),
  'an iterator that leaves the request whole': async (req) => {
    const chunks: Buffer[] = []
    const source = req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of source) chunks.push(chunk)
    return Buffer.concat(chunks)
  },
  'req.pipe()': (req) => buffer(req.pipe(new PassThrough())),
  'pipeline()': async (req) => {
    const chunks: Buffer[] = []
    await pipeline(req, collector(chunks))
    return Buffer.concat(chunks)
  },
  'Readable.toWeb()': async (req) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of Readable.toWeb(req)) chunks.push(chunk as Uint8Array)
    return Buffer.concat(chunks)
  },
  'req.setEncoding()': async (req) => {
    let text = ''
    req.setEncoding('utf8')
    req.on('data', (chunk: string) => (text += chunk))
    await once(req, 'end')
    return Buffer.from(text)
  },
  "req.setEncoding('latin1')": async (req) => {
    let text = ''
    req.setEncoding('latin1')
    for await (const chunk of req) text += String(chunk)
    return Buffer.from(text, 'latin1')
  },
  'a data listener that is taken off again, then another one': async (req) => {
    const chunks: Buffer[] = []
    const first = (chunk: Buffer): void => {
      chunks.push(chunk)
      req.removeListener('data', first)
      req.on('data', (more: Buffer) => chunks.push(more))
    }
    req.on('data', first)
    await once(req, 'end')
    return Buffer.concat(chunks)
  },
  'pause() and resume() around each chunk': async (req) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      req.pause()
      setImmediate(() => req.resume())
    })
    await once(req, 'end')
    return Buffer.concat(chunks)
  },
  'unpipe() after the first chunk, then another pipe()': async (req) => {
    const chunks: Buffer[] = []
    const rest = collector(chunks)
    const first = collector(chunks, () => void req.unpipe(first).pipe(rest))
    req.pipe(first)
    await once(rest, 'finish')
    return Buffer.concat(chunks)
  },
  'read(1), unshift(), then all again': async (req) => {
    if (req.readableLength === 0) await once(req, 'readable')
    const first = req.read(1) as Buffer
    req.unshift(first)
    return buffer(req)
  },
  'two pipes at once': async (req) => {
    const [one, two] = await Promise.all([
      buffer(req.pipe(new PassThrough())),
      buffer(req.pipe(new PassThrough())),
    ])
    return Buffer.concat([one, two])
  },
  'a transform between': async (req) => {
    const upper = new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString('hex')),
    })
    return buffer(req.pipe(upper))
  },
  'finished() beside a resume()': (req) =>
    new Promise((resolve) => {
      finished(req, (error) => resolve(Buffer.from(error ? error.message : 'no error')))
      req.resume()
    }),
  'iterator helpers': async (req) => Buffer.concat((await req.take(100).toArray()) as Buffer[]),
}

/** When it begins to read. */
const TIMES: Readonly<Record<string, (req: IncomingMessage) => Promise<void> | void>> = {
  'at once': () => {},
  'after a turn': () => new Promise((resolve) => setImmediate(resolve)),
  'when all has arrived': arrived,
}

/** Sent in pieces that end inside of characters. */
const TEXT = 'Grüße aus 日本, köstlich'

/** How handlers read requests on Express. */
export const READING_ON_EXPRESS: readonly Probe[] = [
  ...Object.entries(READERS).map(([reader, read]): Probe => ({
    name: `a handler reads with ${reader}: at once, later, and when all has arrived`,
    express(app) {
      for (const [time, wait] of Object.entries(TIMES)) {
        app.post(`/${encodeURI(time)}`, (req, res) => void answerWith(read, wait, req, res))
      }
    },
    async play(client) {
      const answers: unknown[] = []
      for (const time of Object.keys(TIMES)) answers.push(await sendPieces(client, time))
      return answers
    },
    kept: Object.keys(TIMES).map((time) => `${time} Grüße aus 日本`),
  })),
  ...Object.entries(READERS).map(([reader, read]): Probe => ({
    name: `a handler reads with ${reader}, behind a middleware that let the request arrive`,
    mounts: 'itself',
    express(app, { mount }) {
      app.use(letArrive)
      mount()
      app.post('/late', (req, res) => void answerWith(read, () => {}, req, res))
    },
    play: (client) => sendPieces(client, 'late'),
    kept: ['late Grüße aus 日本', 'köstlich'],
  })),
]

async function answerWith(
  read: (req: IncomingMessage) => Promise<Buffer>,
  wait: (req: IncomingMessage) => Promise<void> | void,
  req: Request,
  res: Response,
): Promise<void> {
  const waiting = wait(req)
  // Who is to read at once must not wait for a promise.
  if (waiting) await waiting
  const got = await read(req)
  const { complete, readableEnded, readableDidRead, readableAborted } = req
  res.json({ got: got.toString(), complete, readableEnded, readableDidRead, readableAborted })
}

async function sendPieces(client: Client, time: string): Promise<unknown> {
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  const conversation = client.open({ path: `/${encodeURI(time)}`, headers })
  const sent = Buffer.from(`${time} ${TEXT}`)
  const cuts = [0, sent.indexOf('ü') + 1, sent.indexOf('日') + 2, sent.length]
  for (const [at, from] of cuts.slice(0, -1).entries()) {
    await conversation.write(sent.subarray(from, cuts[at + 1]))
  }
  conversation.end()
  return conversation.rest()
}

function collector(chunks: Buffer[], after?: () => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
      after?.()
    },
  })
}

async function byReadable(req: IncomingMessage, size?: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  req.on('readable', () => {
    for (let chunk; (chunk = req.read(size) as Buffer | null) !== null;) chunks.push(chunk)
  })
  await once(req, 'end')
  return Buffer.concat(chunks)
}
