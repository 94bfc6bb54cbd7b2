import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Express, Request, Response } from 'express'
import type { Probe, Stage } from '../../src/probe.ts'
import { codeOf } from '../watching.ts'

interface Answering {
  readonly answer: (res: Response, req: Request, stage: Stage) => unknown
  readonly method?: string
  readonly path?: string
  /** More lines of the request's head. */
  readonly head?: readonly string[]
  readonly kept?: readonly (string | Uint8Array)[]
}

const FILE = 'plain words in a file, and more of them'
const SENT_AT = new Date('2020-02-02T02:02:02Z')
const ranged = (range: string): Answering => ({
  method: 'GET',
  head: [`Range: ${range}`],
  answer: (res, _req, { dir }) => res.sendFile('file.txt', { root: dir }),
})

/** What a handler does, and what is asked of it where that is not a plain POST. */
const ANSWERS: Readonly<Record<string, Answering>> = {
  'res.json': {
    answer: (res) => res.json({ word: 'plain words', list: [1, null, 'ü'] }),
    kept: ['plain words'],
  },
  'res.json with its spaces and its replacer': {
    answer(res, req) {
      req.app.set('json spaces', 2)
      req.app.set('json replacer', (key: string, value: unknown) => (key === 'no' ? 0 : value))
      return res.status(201).json({ word: 'plain words', no: 'secret' })
    },
    kept: ['plain words'],
  },
  'res.jsonp': {
    path: '/?callback=here',
    answer: (res) => res.jsonp({ word: 'plain\u2028words' }),
  },
  'res.send of a text': { answer: (res) => res.send('plain words'), kept: ['plain words'] },
  'res.send of a Buffer': {
    answer: (res) => res.type('png').send(Buffer.from([137, 80, 78, 71, 0, 255, 254, 10])),
    kept: [Buffer.from([137, 80, 78, 71, 0, 255, 254, 10])],
  },
  'res.send of true': { answer: (res) => res.send(true), kept: ['true'] },
  'res.send of null': { answer: (res) => res.send(null) },
  'res.send of nothing': { answer: (res) => res.send() },
  'res.send of an empty text': { answer: (res) => res.send('') },
  'res.send with a charset of its own': {
    answer: (res) => res.set('Content-Type', 'text/plain; charset=latin1').send('Grüße'),
  },
  'res.sendStatus': { answer: (res) => res.sendStatus(202), kept: ['Accepted'] },
  'res.sendStatus without a body': { answer: (res) => res.sendStatus(204) },
  'a body with status 204': { answer: (res) => res.status(204).send('plain words') },
  'a body with status 205': { answer: (res) => res.status(205).send('plain words') },
  'a body with status 304': { answer: (res) => res.status(304).send('plain words') },
  'res.end alone': { answer: (res) => res.end() },
  'res.redirect': { answer: (res) => res.redirect(303, '/somewhere?plain=words#else') },
  'res.redirect to the accepted type': {
    head: ['Accept: text/html'],
    answer: (res) => res.redirect('/somewhere'),
  },
  'res.format': {
    head: ['Accept: application/json'],
    answer: (res) =>
      res.format({ text: () => res.send('text'), json: () => res.send({ plain: 'words' }) }),
  },
  'res.cookie, res.append, res.links and res.vary': {
    answer: (res) =>
      res
        .cookie('a', 'b', { httpOnly: true })
        .cookie('c', { d: 1 })
        .clearCookie('e', { expires: new Date(0) })
        .append('X-Many', ['1', '2'])
        .append('X-Many', '3')
        .links({ next: '/next' })
        .vary('Accept')
        .attachment('ü.txt')
        .send('plain words'),
    kept: ['plain words'],
  },
  'res.render': {
    answer(res, req) {
      req.app.engine('tiny', (path, options, done) => {
        done(null, JSON.stringify({ keys: Object.keys(options).toSorted(), path: path.length > 0 }))
      })
      req.app.set('views', (req.app.locals as { dir: string }).dir)
      res.locals['word'] = 'plain words'
      return res.render('view.tiny', { more: 'of them' })
    },
  },
  'HEAD where GET has a body': {
    method: 'HEAD',
    answer: (res) => res.json({ word: 'plain words' }),
  },
  'HEAD of a stream': {
    method: 'HEAD',
    answer(res) {
      res.write('plain words')
      res.end('and more')
    },
  },
  'an ETag that matches': {
    method: 'GET',
    head: ['If-None-Match: "an-etag"'],
    answer: (res, req) => res.set('ETag', '"an-etag"').send(`plain words ${String(req.fresh)}`),
  },
  'a weak ETag of Express that matches': {
    method: 'GET',
    head: ['If-None-Match: W/"1-a", W/"11-cSS8fipqiOg6en6yAX4EivHhmVg"'],
    answer: (res) => res.send('plain words again'),
  },
  'no ETag, no X-Powered-By': {
    answer(res, req) {
      req.app.disable('etag')
      res.removeHeader('X-Powered-By')
      return res.send('plain words')
    },
    kept: ['plain words'],
  },
  'res.sendFile': {
    answer: (res, _req, { dir }) => res.sendFile('file.txt', { root: dir }),
    kept: ['plain words'],
  },
  'res.sendFile with its callback': {
    answer: (res, _req, { dir, saw }) =>
      res.sendFile('file.txt', { root: dir, headers: { 'X-A': 'b' } }, (error) => {
        saw('sent', codeOf(error))
      }),
    kept: ['plain words'],
  },
  'res.sendFile of nothing': {
    answer: (res, _req, { dir, saw }) =>
      res.sendFile('no-such-file', { root: dir }, (error) => {
        saw('failed', (error as { status?: number }).status)
        res.status(404).end('none')
      }),
  },
  'res.sendFile of a large file': {
    answer: (res, _req, { dir }) => res.sendFile('large.bin', { root: dir }),
  },
  'res.download': {
    answer: (res, _req, { dir }) => res.download(join(dir, 'file.txt'), 'other name.txt'),
    kept: ['plain words'],
  },
  'res.sendFile with a range': ranged('bytes=6-10'),
  'res.sendFile with a range from the end': ranged('bytes=-4'),
  'res.sendFile with several ranges': ranged('bytes=0-3,6-10'),
  'res.sendFile with a range beyond the end': ranged('bytes=1000-'),
  'res.sendFile with a range that is none': ranged('lines=1'),
  'res.sendFile that is not modified': {
    method: 'GET',
    head: [`If-Modified-Since: ${SENT_AT.toUTCString()}`],
    answer: (res, _req, { dir }) => res.sendFile('file.txt', { root: dir }),
  },
  'res.sendFile after a precondition that fails': {
    method: 'GET',
    head: ['If-Match: "another"'],
    answer: (res, _req, { dir, saw }) =>
      res.sendFile('file.txt', { root: dir }, (error) => {
        saw('failed', (error as { status?: number }).status)
        res.status(412).end()
      }),
  },
}

/** What Express can answer with, down to the bytes on the wire. */
export const ANSWERS_ON_EXPRESS: readonly Probe[] = Object.entries(ANSWERS).map(
  ([name, { answer, method, path, head, kept }]) => ({
    name,
    express(app: Express, stage: Stage) {
      prepare(app, stage.dir)
      app.use((req, res) => {
        res.on('close', () => {
          const { statusCode, statusMessage, headersSent, writableFinished, writableEnded } = res
          const state = { statusCode, statusMessage, headersSent, writableFinished, writableEnded }
          stage.saw('closed', { ...state, fresh: req.fresh })
        })
        answer(res, req, stage)
      })
    },
    async play(client) {
      const lines = [
        `${method ?? 'POST'} ${path ?? '/'} HTTP/1.1`,
        'Host: a',
        'Connection: close',
        ...(head ?? []),
      ]
      const wire = await client.raw(`${lines.join('\r\n')}\r\n\r\n`)
      await client.saw('closed')
      return bodyless(wire)
    },
    ...(kept && { kept }),
  }),
)

/** Long answers are told by their length. */
function bodyless(wire: string): unknown {
  const at = wire.indexOf('\r\n\r\n')
  return wire.length < 4000 ? wire : { head: wire.slice(0, at), length: wire.length }
}

function prepare(app: Express, dir: string): void {
  app.locals['dir'] = dir
  // The error page of any other environment shows a stack, which middlewares are part of.
  app.set('env', 'production')
  mkdirSync(dir, { recursive: true })
  const files = { 'file.txt': FILE, 'view.tiny': '', 'large.bin': 'x'.repeat(300_000) }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(dir, name), content)
    // Else the ETag of the same file would differ.
    utimesSync(join(dir, name), SENT_AT, SENT_AT)
  }
}
