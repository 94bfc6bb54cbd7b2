import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express'
import type { Asked } from '../../src/conversation.ts'
import type { Probe, Stage } from '../../src/probe.ts'
import { expressOf } from '../express-of.ts'
import { letArrive } from '../watching.ts'

type Parsers = ReturnType<typeof expressOf>

interface Parsing {
  readonly parser: (express: Parsers, saw: Stage['saw']) => RequestHandler
  readonly asked: Omit<Asked, 'path'>
  /** What comes after it is not reached. */
  readonly fails?: true
  readonly kept?: readonly (string | Uint8Array)[]
}

const json = (body: string, type = 'application/json') => ({
  headers: { 'content-type': type },
  body,
})
const coded = (encoding: string, body: Uint8Array, type = 'application/json') => ({
  headers: { 'content-type': type, 'content-encoding': encoding },
  body,
})
const TEXT = '{"question":"plain words"}'

/** What is parsed, and by what. */
const PARSINGS: Readonly<Record<string, Parsing>> = {
  'express.json': {
    parser: (express) => express.json(),
    asked: json('{"question":"plain words","list":[1,null,"ü"]}'),
    kept: ['plain words'],
  },
  'express.json of an application/*+json type': {
    parser: (express) => express.json({ type: ['application/*+json'] }),
    asked: json('{"question":"plain words"}', 'application/ld+json; charset=utf-8'),
    kept: ['plain words'],
  },
  'express.json in utf-16': {
    parser: (express) => express.json(),
    asked: {
      headers: { 'content-type': 'application/json; charset=utf-16le' },
      body: Buffer.from(TEXT, 'utf16le'),
    },
  },
  'express.json with verify, which keeps the raw body': {
    parser: (express, saw) =>
      express.json({ verify: (_req, _res, raw) => saw('raw', raw.toString('hex')) }),
    asked: json(TEXT),
    kept: ['plain words'],
  },
  'express.json of a body beyond its limit': {
    fails: true,
    parser: (express) => express.json({ limit: 20 }),
    asked: json(JSON.stringify({ question: 'plain words '.repeat(1000) })),
  },
  'express.json of a text that is none': {
    fails: true,
    parser: (express) => express.json(),
    asked: json('{"question":'),
  },
  'express.json of an empty body': { parser: (express) => express.json(), asked: json('') },
  'express.json of a charset that it does not know': {
    fails: true,
    parser: (express) => express.json(),
    asked: json(TEXT, 'application/json; charset=klingon'),
  },
  'express.json of a type that is not its own': {
    parser: (express) => express.json(),
    asked: json(TEXT, 'text/plain'),
  },
  'express.json of a gzip body': {
    parser: (express) => express.json(),
    asked: coded('gzip', gzipSync(TEXT)),
    kept: ['plain words'],
  },
  'express.json of a deflate body': {
    parser: (express) => express.json(),
    asked: coded('deflate', deflateSync(TEXT)),
    kept: ['plain words'],
  },
  'express.json of a gzip body that is broken': {
    fails: true,
    parser: (express) => express.json(),
    asked: coded('gzip', gzipSync(TEXT).subarray(0, -12)),
  },
  'express.json that inflates nothing, of a gzip body': {
    fails: true,
    parser: (express) => express.json({ inflate: false }),
    asked: coded('gzip', gzipSync(TEXT)),
  },
  'express.text with a charset': {
    parser: (express) => express.text(),
    asked: json('plain words, Grüße', 'text/plain; charset=utf-8'),
    kept: ['plain words', 'Grüße'],
  },
  'express.text in latin1': {
    parser: (express) => express.text(),
    asked: {
      headers: { 'content-type': 'text/plain; charset=iso-8859-1' },
      body: Buffer.from('plain words, Grüße', 'latin1'),
    },
    kept: ['plain words'],
  },
  'express.urlencoded': {
    parser: (express) => express.urlencoded({ extended: true }),
    asked: json('a[b]=plain+words&a[c]=%C3%BC&d=1&d=2', 'application/x-www-form-urlencoded'),
    kept: ['plain words'],
  },
  'express.urlencoded of too many fields': {
    fails: true,
    parser: (express) => express.urlencoded({ extended: false, parameterLimit: 2 }),
    asked: json('a=1&b=2&c=3', 'application/x-www-form-urlencoded'),
  },
  'express.raw': {
    parser: (express) => express.raw({ type: '*/*' }),
    asked: json('plain words \u0000\u0001', 'application/octet-stream'),
    kept: ['plain words'],
  },
  'express.raw of a brotli body': {
    parser: (express) => express.raw({ type: '*/*' }),
    asked: coded('br', brotliCompressSync('plain words'), 'application/x-unknown'),
  },
  'express.raw with limit, of a body in chunks': {
    fails: true,
    parser: (express) => express.raw({ type: '*/*', limit: 10 }),
    asked: {
      headers: { 'transfer-encoding': 'chunked', 'content-type': 'image/png' },
      body: 'far too many plain words',
    },
  },
}

/** How the parsers of Express get the bodies of requests. */
export const PARSING_ON_EXPRESS: readonly Probe[] = [
  ...Object.entries(PARSINGS).map(([name, parsing]) => parsingProbe(name, parsing, 'behind')),
  ...Object.entries(PARSINGS)
    .filter(([, { fails }]) => !fails)
    .map(([name, parsing]) => parsingProbe(name, parsing, 'before')),
  {
    name: 'a parser finds the whole body when it comes late',
    express(app, { host }) {
      app.use(letArrive)
      app.use(expressOf(host).json())
      answerBody(app)
    },
    play: (client) => client.exchange({ path: '/', ...json(TEXT) }),
    kept: ['plain words'],
  },
  {
    name: 'parsers of single routes, several in a row',
    express(app, { host }) {
      const express = expressOf(host)
      const parsers = [express.json(), express.text(), express.urlencoded(), express.raw()]
      app.post('/', parsers, (req: Request, res: Response) => {
        res.json({ body: req.body as unknown })
      })
    },
    async play(client) {
      const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x/y']
      const answers: unknown[] = []
      for (const type of types) {
        answers.push(await client.exchange({ path: '/', ...json('{"one":"two words"}', type) }))
      }
      return answers
    },
    kept: ['two words'],
  },
  {
    name: 'a body that breaks off is an error of the parser',
    express(app, { host, saw }) {
      app.use((req, _res, next) => {
        req.on('aborted', () => saw('aborted', req.complete))
        saw('begun')
        next()
      })
      app.use(expressOf(host).json())
      app.use(((error: Record<string, unknown>, req, _res, _next) => {
        const { type, received, expected } = error
        const { destroyed, readableAborted } = req
        saw('error', { type, received, expected, destroyed, readableAborted })
      }) satisfies ErrorRequestHandler)
    },
    async play(client) {
      const headers = { 'content-type': 'application/json', 'content-length': '100' }
      const conversation = client.open({ path: '/', headers })
      await conversation.write('{"question":')
      await client.saw('begun')
      conversation.leave()
      await client.saw('error')
    },
  },
]

function parsingProbe(name: string, parsing: Parsing, where: 'before' | 'behind'): Probe {
  const { parser, asked, kept } = parsing
  return {
    name: `${name}, ${where} the capture`,
    mounts: 'itself',
    express(app, { host, saw, mount }) {
      if (where === 'behind') mount()
      app.use(parser(expressOf(host), saw))
      if (where === 'before') mount()
      answerBody(app)
    },
    play: (client) => client.exchange({ ...asked, path: '/' }),
    ...(kept && { kept }),
  }
}

/** Tells what a parser has left, or what it has failed with. */
function answerBody(app: Express): void {
  app.post('/', (req, res) => {
    const body = req.body as unknown
    const { complete, readableEnded, readableDidRead, readableEncoding } = req
    const left = body instanceof Uint8Array ? Buffer.from(body).toString('hex') : body
    res.json({ left, complete, readableEnded, readableDidRead, readableEncoding })
  })
  app.use(((error: { type?: string; status?: number }, _req, res, _next) => {
    res.status(error.status ?? 500).json({ type: error.type })
  }) satisfies ErrorRequestHandler)
}
