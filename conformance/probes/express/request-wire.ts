import { once } from 'node:events'
import { createGunzip, gzipSync } from 'node:zlib'
import type { Probe } from '../../src/probe.ts'
import { codeOf, eventsOf, stateOf, textOf } from '../watching.ts'

const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n'

/** Requests as they come over the wire. */
export const REQUEST_WIRE_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'a request without a body ends at once',
    express(app, { saw }) {
      app.use((req, res) => {
        const events = eventsOf(req, 'data', 'end')
        req.on('end', () => {
          saw(`${req.method} ended`, { events, ...stateOf(req) })
          res.end('done')
        })
      })
    },
    async play(client) {
      const answers: unknown[] = []
      for (const method of ['GET', 'HEAD', 'DELETE', 'POST', 'OPTIONS']) {
        answers.push(await client.exchange({ method, path: '/' }))
      }
      return answers
    },
  },
  {
    name: 'GET and DELETE bring their bodies',
    express(app) {
      app.use(async (req, res) => {
        const { 'content-length': length, 'transfer-encoding': coding } = req.headers
        res.json({ got: await textOf(req), length, coding })
      })
    },
    async play(client) {
      const headers = { 'content-type': 'text/plain', 'content-length': '10' }
      const chunked = { 'transfer-encoding': 'chunked' }
      return [
        await client.exchange({ method: 'GET', path: '/', headers, body: 'some words' }),
        await client.exchange({
          method: 'DELETE',
          path: '/',
          headers: chunked,
          body: 'more words',
        }),
      ]
    },
    kept: ['some words', 'more words'],
  },
  {
    name: 'Expect: 100-continue is answered before the body is sent',
    express(app) {
      app.post('/', async (req, res) => {
        res.json({ got: await textOf(req) })
      })
    },
    async play(client) {
      const headers = { expect: '100-continue', 'content-length': '10' }
      const conversation = client.open({ path: '/', headers })
      await conversation.continued()
      conversation.end('some words')
      return conversation.rest()
    },
    kept: ['some words'],
  },
  {
    name: 'the trailers of a request are there when it has ended',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        saw('before', [req.trailers, req.rawTrailers])
        const got = await textOf(req)
        res.json({ got, trailers: req.trailers, raw: req.rawTrailers })
      })
    },
    play: (client) =>
      client.raw(`${CHUNKED}Trailer: X-Sum\r\n\r\n`, 'a\r\nsome words\r\n0\r\nX-Sum: 10\r\n\r\n'),
    kept: ['some words'],
  },
  {
    name: 'extensions of chunks are no part of the body',
    express(app) {
      app.post('/', async (req, res) => {
        res.json({ got: await textOf(req) })
      })
    },
    play: (client) =>
      client.raw(`${CHUNKED}\r\n`, '4;a=b\r\nsome\r\n6;c="d e"\r\n words\r\n0\r\n\r\n'),
    kept: ['some words'],
  },
  {
    name: 'nobody reads the body, and the next request on the connection is answered',
    express(app) {
      app.post('/', (req, res) => void res.json({ url: req.url, read: req.readableDidRead }))
    },
    play(client) {
      const sized = `Host: a\r\nContent-Length: 200000\r\n`
      const body = Buffer.alloc(200_000, 'x')
      const next =
        'POST /?2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast'
      return client.raw(`POST /?1 HTTP/1.1\r\n${sized}\r\n`, body, next)
    },
  },
  {
    name: 'a handler reads half of the body, answers, and the next request is answered',
    express(app) {
      app.post('/', async (req, res) => {
        await once(req, 'readable')
        const first = (req.read(4) as Buffer).toString()
        res.end(`${first} `)
      })
    },
    play: (client) =>
      client.raw(
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsome words',
        'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nagain',
      ),
  },
  {
    name: 'a coded request that the handler decodes by itself',
    express(app) {
      app.post('/', async (req, res) => {
        res.json({
          got: await textOf(req.pipe(createGunzip())),
          coding: req.get('content-encoding'),
        })
      })
    },
    play(client) {
      const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
      return client.exchange({ path: '/', headers, body: gzipSync('some plain words') })
    },
    kept: ['some plain words'],
  },
  {
    name: 'more than the request said, or less, is an error of the connection',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        req.on('error', (error) => saw('error', codeOf(error)))
        req.resume().on('end', () => void res.end('done'))
      })
    },
    async play(client) {
      return [
        await client.raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nsome words'),
        await client.raw(`${CHUNKED}\r\n4\r\nsomewords\r\n0\r\n\r\n`),
        await client.raw(`${CHUNKED}\r\nzz\r\n`),
      ]
    },
  },
]
