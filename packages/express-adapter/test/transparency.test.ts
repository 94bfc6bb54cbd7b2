import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CSVLogger } from '@flagging/core'
import busboy from 'busboy'
import compression from 'compression'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import multer from 'multer'
import { describe, expect, test } from 'vitest'
import type { Server } from '../../../test/contract/host.ts'
import { png } from '../../../test/contract/png.ts'
import {
  deferred,
  exchange,
  postJSON,
  postParts,
  readAnswer,
  recordsOf,
  send,
  upload,
} from '../../../test/contract/wire.ts'
import { EXPRESS } from './express-host.ts'
import { pair, serveApp } from './express-world.ts'

const MODES = ['auto', 'manual'] as const
const JSON_BODY = '{"q":"eine Frage"}'
const JSON_TYPE = { 'content-type': 'application/json' }

/** Sends raw bytes and gives all that comes back until the server closes, dates and ids left out. */
async function raw(server: Server, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(server.port ?? 0, '127.0.0.1')
  for (const piece of pieces) socket.write(piece)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
    .toString('latin1')
    .replaceAll(/^(Date|Flagging-Id): .*\r\n/gim, '')
}

const pathIn = (req: Request) => (req.query as { path: string }).path

const READERS: Record<string, RequestHandler> = {
  "on('data')": (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => res.json(Buffer.concat(chunks).toString()))
  },
  "on('data') in a later turn": (req, res) => {
    setImmediate(() =>
      setImmediate(() => (READERS["on('data')"] as RequestHandler)(req, res, () => {})),
    )
  },
  "on('readable')": (req, res) => {
    let text = ''
    req.setEncoding('utf8')
    req.on('readable', () => {
      for (let chunk: unknown; (chunk = req.read(3)) !== null;) text += chunk as string
      const rest: unknown = req.read()
      if (rest !== null) text += rest as string
    })
    req.on('end', () => res.json(text))
  },
  'for await': async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    res.json(Buffer.concat(chunks).toString())
  },
  pipe: (req, res) => {
    res.type('json')
    req.pipe(res)
  },
  'pause and resume': (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      req.pause()
      setImmediate(() => req.resume())
    })
    req.on('end', () => res.json(Buffer.concat(chunks).toString()))
  },
}

for (const [name, express] of EXPRESS) {
  describe(`${name}: transparent to Node`, () => {
    test('methods return what they return without us, and callbacks are called once', async () => {
      const build = (calls: unknown[]) => (app: ReturnType<typeof express>) => {
        app.post('/calls', (_req, res) => {
          const note = (what: string) => () => calls.push(`${what} called back`)
          calls.push(res.setHeader('X-A', '1') === res)
          calls.push(res.write('à', 'latin1', note('write')))
          calls.push(res.write(new Uint8Array([66]), note('bytes')))
          calls.push(res.write('C'))
          calls.push(res.end('D', 'utf8', note('end')) === res)
          calls.push(res.writableEnded)
        })
        app.post('/end', (_req, res) => {
          calls.push(res.end(() => calls.push('end called back')) === res)
        })
        app.post('/json', (_req, res) => {
          calls.push(res.status(201).json({ a: 1 }) === res)
        })
        app.post('/send', (_req, res) => {
          calls.push(res.send('text') === res)
        })
      }
      const [bareCalls, tappedCalls]: [unknown[], unknown[]] = [[], []]
      const bare = (await pair(express, {}, build(bareCalls))).bare
      const { tapped } = await pair(express, {}, build(tappedCalls))
      for (const path of ['/calls', '/end', '/json', '/send']) {
        const init = { method: 'POST', headers: JSON_TYPE, body: JSON_BODY }
        expect(await exchange(tapped, path, init)).toEqual(await exchange(bare, path, init))
      }
      expect(tappedCalls).toEqual(bareCalls)
      expect(tappedCalls).toContain('end called back')
    })

    test('write says when there is no more room, and drain when there is', async () => {
      const wrote: boolean[] = []
      const drained = deferred()
      const { world, tapped } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/flood', (_req, res) => {
          const chunk = Buffer.alloc(1024 * 1024, 1)
          res.type('application/octet-stream')
          while (wrote.length < 64) {
            wrote.push(res.write(chunk))
            if (wrote.at(-1) === false) break
          }
          res.once('drain', () => {
            drained.resolve()
            res.end()
          })
        })
      })
      const response = await tapped.request('/flood', postJSON({ q: 1 }))
      const { bytes } = await readAnswer(response)
      await drained.promise
      expect(wrote.at(-1)).toBe(false)
      expect(bytes).toHaveLength(wrote.length * 1024 * 1024)
      await world.flush()
      expect(await world.bytes('flood/Output/0.bin')).toHaveLength(bytes.length)
    })

    for (const mode of MODES) {
      test(`in ${mode} mode heads come out as they were written, in every way to write them`, async () => {
        const { bare, tapped } = await pair(express, { mode }, (app) => {
          app.disable('x-powered-by')
          app.post('/object', (_req, res) => {
            res.setHeader('X-Early', 'e')
            res.writeHead(200, { 'Content-Type': 'text/plain', 'X-A': ['1', '2'] }).end('x')
          })
          app.post('/message', (_req, res) => {
            res.writeHead(201, 'Made It', { 'Content-Length': '1' }).end('x')
          })
          app.post('/list', (_req, res) => {
            res.writeHead(200, ['X-A', '1', 'x-b', '2', 'X-A', '3']).end('x')
          })
          app.post('/status', (_req, res) => res.writeHead(202).end())
          app.post('/implicit', (_req, res) => {
            res.statusCode = 203
            res.statusMessage = 'Own Words'
            res.setHeader('Set-Cookie', ['a=1', 'b=2'])
            res.end('x')
          })
          app.post('/flushed', (_req, res) => {
            res.setHeader('X-A', '1')
            res.flushHeaders()
            res.end('later')
          })
          app.post('/empty', (_req, res) => void res.status(204).end())
          app.post('/trailers', (_req, res) => {
            res.setHeader('Trailer', 'X-Sum')
            res.write('body')
            res.addTrailers({ 'X-Sum': 'abc' })
            res.end()
          })
        })
        const paths = [
          'object',
          'message',
          'list',
          'status',
          'implicit',
          'flushed',
          'empty',
          'trailers',
        ]
        for (const path of paths) {
          const init = { method: 'POST', headers: JSON_TYPE, body: JSON_BODY }
          const expected = await exchange(bare, `/${path}`, init)
          expect([path, await exchange(tapped, `/${path}`, init)]).toEqual([path, expected])
          const { id } = await send(tapped, `/${path}`, postJSON({ q: 1 }))
          expect([path, id !== null]).toEqual([path, mode === 'manual'])
        }
      })
    }

    for (const [how, reader] of Object.entries(READERS)) {
      test(`a handler reads by ${how}; the body is captured`, async () => {
        const { world, tapped } = await pair(express, { mode: 'auto' }, (app) => {
          app.post('/read', reader)
        })
        const body = JSON.stringify({ q: 'ü'.repeat(30_000) })
        const init = { method: 'POST', headers: JSON_TYPE, body }
        const text = (await send(tapped, '/read', init)).text
        expect([body, JSON.stringify(body)]).toContain(text)
        await world.flush()
        expect(recordsOf(await world.read('read/logs.csv'))[0]?.['q']).toBe('ü'.repeat(30_000))
      })
    }

    test('a handler need not read at all', async () => {
      const { world, tapped } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/ask', (_req, res) => void res.json({ a: 1 }))
      })
      expect((await send(tapped, '/ask', postJSON({ q: 1 }))).json()).toEqual({ a: 1 })
      await world.flush()
      expect(await world.read('ask/logs.csv')).toBe('q,a\n1,1\n')
    })

    test('parsers read as without us', async () => {
      const parsers: Record<string, [parse: RequestHandler, type: string, body: string]> = {
        json: [express.json(), 'application/json', JSON_BODY],
        vendor: [express.json({ type: 'application/*+json' }), 'application/x+json', JSON_BODY],
        text: [express.text(), 'text/plain; charset=utf-8', 'Grüße'],
        raw: [express.raw({ type: '*/*' }), 'application/x-own', 'bytes'],
        form: [
          express.urlencoded({ extended: true }),
          'application/x-www-form-urlencoded',
          'a[b]=1&c=2',
        ],
        broken: [express.json(), 'application/json', '{"a":'],
        large: [express.json({ limit: 10 }), 'application/json', JSON_BODY],
      }
      const { bare, tapped, world } = await pair(express, { mode: 'auto' }, (app) => {
        for (const [path, [parse]] of Object.entries(parsers)) {
          app.post(`/${path}`, parse, (req: Request, res: Response) => {
            res.json(Buffer.isBuffer(req.body) ? req.body.toString() : req.body)
          })
        }
        app.use(((error: Error & { status: number }, _req, res, _next) => {
          res.status(error.status).send(error.message)
        }) as ErrorRequestHandler)
      })
      for (const [path, [, type, body]] of Object.entries(parsers)) {
        const init = { method: 'POST', headers: { 'content-type': type }, body }
        const expected = await exchange(bare, `/${path}`, init)
        expect([path, await exchange(tapped, `/${path}`, init)]).toEqual([path, expected])
      }
      await world.flush()
      expect(await world.folders()).toEqual(['form', 'json', 'raw', 'text', 'vendor'])
      expect(await world.read('form/logs.csv')).toMatch(/\n1,2,/)
    })

    test('multer and busboy behind us get every byte, and so do we', async () => {
      const { world, tapped } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/multer', multer().single('im'), (req, res) => {
          res.type('png').send(req.file?.buffer)
        })
        app.post('/busboy', (req, res) => {
          const form = busboy({ headers: req.headers })
          form.on('file', (_name, stream) => stream.pipe(res.type('png')))
          req.pipe(form)
        })
      })
      for (const path of ['multer', 'busboy']) {
        const answer = await send(tapped, `/${path}`, postParts({ im: upload(png(7, 64)) }))
        expect(answer.bytes).toEqual(png(7, 64))
        await world.flush()
        expect(await world.bytes(`${path}/im/0.png`)).toEqual(png(7, 64))
        expect(await world.bytes(`${path}/Output/0.png`)).toEqual(png(7, 64))
      }
    })

    test('files, ranges and conditional requests are answered as without us', async () => {
      const { bare, tapped, world } = await pair(express, { when: () => true }, (app) => {
        app.get('/file', (req, res) => res.sendFile(pathIn(req)))
        app.post('/file', (req, res) => res.download(pathIn(req)))
      })
      const path = join(world.root, 'file.txt')
      await writeFile(path, 'a file of some length')
      const at = `/file?path=${encodeURIComponent(path)}`
      const first = await exchange(bare, at, { method: 'GET' })
      const etag = first.headers.find(([header]) => header.toLowerCase() === 'etag')?.[1] ?? ''
      const requests: Parameters<typeof exchange>[2][] = [
        { method: 'GET' },
        { method: 'HEAD' },
        { method: 'GET', headers: { range: 'bytes=2-5' } },
        { method: 'GET', headers: { range: 'bytes=900-' } },
        { method: 'GET', headers: { 'if-none-match': etag } },
        { method: 'POST', headers: JSON_TYPE, body: JSON_BODY },
      ]
      for (const init of requests) {
        expect(await exchange(tapped, at, init)).toEqual(await exchange(bare, at, init))
      }
    })

    test('compression inside or outside of us changes nothing, and the log is plain', async () => {
      const words = 'viele Wörter '.repeat(1000)
      const answerWords: RequestHandler = (_req, res) => void res.type('text').send(words)
      const { bare, tapped, world } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/inside', compression(), answerWords)
      })
      const init = {
        method: 'POST',
        headers: { ...JSON_TYPE, 'accept-encoding': 'gzip' },
        body: JSON_BODY,
      }
      const answer = await exchange(tapped, '/inside', init)
      expect(answer).toEqual(await exchange(bare, '/inside', init))
      expect(gunzipSync(Buffer.from(answer.body, 'base64')).toString()).toBe(words)
      const outer = express()
      outer.use(compression())
      outer.use(world.flagging({ mode: 'auto' }) as unknown as RequestHandler)
      outer.post('/outside', answerWords)
      const outside = await exchange(await serveApp(outer), '/outside', init)
      expect(gunzipSync(Buffer.from(outside.body, 'base64')).toString()).toBe(words)
      await world.flush()
      for (const place of ['inside', 'outside']) {
        const records = recordsOf(await world.read(`${place}/logs.csv`))
        expect(records).toEqual([{ q: 'eine Frage', Output: words }])
      }
    })

    test('early hints go out, and pipelined requests do not mix', async () => {
      const { bare, tapped, world } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/hinted', (req, res) => {
          res.writeEarlyHints({ link: '</style.css>; rel=preload' })
          let text = ''
          req.on('data', (chunk: Buffer) => (text += chunk.toString()))
          req.on('end', () => res.json({ heard: text.length }))
        })
      })
      const one = (body: string, connection: string) =>
        `POST /hinted HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\nConnection: ${connection}\r\n\r\n${body}`
      const wire = one('{"n":1}', 'keep-alive') + one('{"n":22}', 'close')
      const answer = await raw(tapped, wire)
      expect(answer).toBe(await raw(bare, wire))
      expect(answer.match(/HTTP\/1\.1 103 /g)).toHaveLength(2)
      await world.flush()
      const rows = recordsOf(await world.read('hinted/logs.csv'))
      expect(rows.map(({ n, heard }) => `${n} is ${heard} long`).toSorted()).toEqual([
        '1 is 7 long',
        '22 is 8 long',
      ])
    })

    test('HTTP/1.0 without a length, and requests that are none, are answered as without us', async () => {
      const { bare, tapped, world } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/old', (_req, res) => {
          res.write('until ')
          res.end('the end')
        })
      })
      const wires = [
        `POST /old HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"n":1}`,
        'POST /old HTTP/1.1\r\nHost:\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        'POST //old HTTP/1.1\r\nHost: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        'POST http://other/old HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        'POST /old HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'nonsense\r\n\r\n',
      ]
      for (const wire of wires) expect(await raw(tapped, wire)).toBe(await raw(bare, wire))
      await world.flush()
      expect(recordsOf(await world.read('old/logs.csv'))[0]).toEqual({
        n: '1',
        Output: 'until the end',
      })
    })

    test('upgrades pass by', async () => {
      const { tapped, world } = await pair(express, { mode: 'auto' }, (app) => {
        app.get('/socket', (req, res) => {
          res.writeHead(101, { Connection: 'Upgrade', Upgrade: 'own' })
          res.flushHeaders()
          req.socket.end('own words')
        })
      })
      const answer = await raw(
        tapped,
        'GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n',
      )
      expect(answer).toMatch(/^HTTP\/1\.1 101 /)
      expect(answer).toMatch(/own words$/)
      await world.flush()
      expect(await world.files()).toEqual([])
    })

    test('failures stay those of the host, before and after the first byte', async () => {
      const callback = () => new CSVLogger({ columns: ['status', 'ended'] })
      const options = { mode: 'auto' as const, when: () => true, callback }
      const { bare, tapped, world } = await pair(express, options, (app) => {
        app.post('/before', () => {
          throw new Error('before')
        })
        app.post('/next', (_req, _res, next) => next(new Error('next')))
        app.post('/after', (_req, res, next) => {
          res.write('some', () => next(new Error('after')))
        })
        app.post('/destroyed', (_req, res) => {
          res.write('some', () => res.destroy())
        })
        app.use(((error: Error, _req, res, next) => {
          if (res.headersSent) next(error)
          else res.status(500).send(error.message)
        }) as ErrorRequestHandler)
      })
      for (const path of ['before', 'next']) {
        const init = { method: 'POST', headers: JSON_TYPE, body: JSON_BODY }
        const expected = await exchange(bare, `/${path}`, init)
        expect(await exchange(tapped, `/${path}`, init)).toEqual(expected)
      }
      for (const path of ['after', 'destroyed']) {
        for (const server of [bare, tapped]) {
          const { port } = server
          const to = {
            host: '127.0.0.1',
            port,
            path: `/${path}`,
            method: 'POST',
            headers: JSON_TYPE,
          }
          const request = httpRequest({ ...to, agent: false }).end(JSON_BODY)
          const [response] = (await once(request, 'response')) as [IncomingMessage]
          const [error] = (await once(response.resume(), 'error')) as [NodeJS.ErrnoException]
          expect(error.code).toBe('ECONNRESET')
        }
      }
      await world.flush()
      for (const path of ['before', 'next']) {
        expect(recordsOf(await world.read(`${path}/logs.csv`))[0]).toMatchObject({
          status: '500',
          ended: 'complete',
        })
      }
      for (const path of ['after', 'destroyed']) {
        expect(recordsOf(await world.read(`${path}/logs.csv`))[0]).toMatchObject({
          Output: 'some',
          status: '200',
          ended: 'error',
        })
      }
    })

    test('writing after the end fails as without us', async () => {
      const codes = async (which: 'bare' | 'tapped') => {
        const seen: unknown[] = []
        const done = deferred()
        const servers = await pair(express, { mode: 'auto' }, (app) => {
          app.post('/late', (_req, res) => {
            res.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code))
            res.end('done')
            res.end('again')
            res.write('more', (error) => {
              seen.push((error as NodeJS.ErrnoException | undefined)?.code)
              done.resolve()
            })
          })
        })
        expect((await send(servers[which], '/late', postJSON({ q: 1 }))).text).toBe('done')
        await done.promise
        await servers.world.flush()
        return seen
      }
      expect(await codes('tapped')).toEqual(await codes('bare'))
    })

    test('events come in the order in which they come without us', async () => {
      const order = async (which: 'bare' | 'tapped') => {
        const seen: string[] = []
        const over = deferred()
        const servers = await pair(express, { mode: 'auto' }, (app) => {
          app.post('/events', (req, res) => {
            for (const event of ['end', 'close']) req.on(event, () => seen.push(`req ${event}`))
            for (const event of ['prefinish', 'finish'])
              res.on(event, () => seen.push(`res ${event}`))
            res.on('close', () => {
              seen.push('res close')
              over.resolve()
            })
            req.resume().on('end', () => res.json({ ok: true }))
          })
        })
        await send(servers[which], '/events', postJSON({ q: 1 }))
        await over.promise
        return seen
      }
      expect(await order('tapped')).toEqual(await order('bare'))
    })
  })
}
