import { unlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import type express5 from 'express'
import type { FlaggingOptions } from '@flagging/core'
import { image } from '@flagging/core'
import cors from 'cors'
import multer from 'multer'
import { describe, expect, test } from 'vitest'
import { png } from '../../../test/contract/png.ts'
import {
  flag,
  postForm,
  postJSON,
  postParts,
  recordsOf,
  rowsOf,
  send,
  upload,
} from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'
import { serveApp } from './express-world.ts'

const inputs = ['num1', 'operation', 'num2']
const sample = { num1: 5, operation: 'add', num2: 7 }
const answer12: RequestHandler = (_req, res) => void res.json(12)

for (const [name, express] of EXPRESS) {
  const start = async (options: FlaggingOptions<object>, ...before: RequestHandler[]) => {
    const world = await World.make(expressAdapter(express))
    const mounted = world.flagging(options)
    const app = express()
    for (const handler of before) app.use(handler)
    app.use(mounted as unknown as RequestHandler)
    app.post('/calculate', answer12)
    app.post('/sepia', (_req, res) => void res.type('png').send(png(9)))
    app.post('/text', (req, res) => void res.type('text').send(req.body))
    return {
      world,
      server: await serveApp(app as ReturnType<typeof express5>),
      flagging: mounted.flagging,
    }
  }

  describe(`${name}: bodies that were read before us`, () => {
    test('JSON and forms, parsed', async () => {
      const { world, server } = await start(
        { mode: 'auto' },
        express.json(),
        express.urlencoded({ extended: true }),
      )
      await send(server, '/calculate', postJSON(sample))
      await send(server, '/calculate', postForm({ num1: '6', operation: 'subtract', num2: '1.5' }))
      await world.flush()
      expect(await world.read('calculate/logs.csv')).toBe(
        'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,12\n',
      )
    })

    test('what the handler changes afterwards is not recorded', async () => {
      const world = await World.make(expressAdapter(express))
      const app = express()
      app.use(express.json(), world.flagging({ mode: 'auto' }) as unknown as RequestHandler)
      app.post('/calculate', (req, res) => {
        req.body.num1 = 999
        delete req.body.num2
        res.json(12)
      })
      const server = await serveApp(app as ReturnType<typeof express5>)
      await send(server, '/calculate', postJSON(sample))
      await world.flush()
      expect(await world.read('calculate/logs.csv')).toBe(
        'num1,operation,num2,Output\n5,add,7,12\n',
      )
    })

    test('an upload that the handler deletes costs nothing else of the form', async () => {
      const world = await World.make(expressAdapter(express))
      const app = express()
      app.post(
        '/upload',
        multer({ dest: join(world.root, 'uploads') }).single('im'),
        world.flagging({ mode: 'auto' }) as unknown as RequestHandler,
        (req, res) => {
          unlinkSync(req.file?.path ?? '')
          res.json(1)
        },
      )
      const server = await serveApp(app as ReturnType<typeof express5>)
      await send(server, '/upload', postParts({ note: 'n', im: upload(png(1)) }))
      // Whether the file was opened in time is the system's to say; a failure is reported.
      await world.flush().catch(() => undefined)
      expect(recordsOf(await world.read('upload/logs.csv'))).toMatchObject([{ note: 'n' }])
    })

    test('JSON that was parsed keeps its types, strings that look like others included', async () => {
      const { world, server } = await start({ mode: 'auto' }, express.json({ strict: false }))
      const value = { n: -1.5, s: '-1.5', t: true, u: 'true', e: '', nothing: null, o: { a: [1] } }
      await send(server, '/calculate', postJSON(value))
      await world.flush()
      expect(rowsOf(await world.read('calculate/logs.csv'))[1]?.slice(0, -1)).toEqual([
        '-1.5',
        "'-1.5",
        'true',
        "'true",
        '""',
        '',
        '{"a":[1]}',
      ])
    })

    test('text and raw bytes', async () => {
      const { world, server } = await start(
        { mode: 'auto' },
        express.text(),
        express.raw({ type: 'image/*' }),
      )
      const plain = { 'content-type': 'text/plain; charset=utf-8' }
      await send(server, '/text', { method: 'POST', headers: plain, body: 'Grüße' })
      const type = { 'content-type': 'image/png' }
      const body = new Uint8Array(png(1))
      await send(server, '/sepia', { method: 'POST', headers: type, body })
      await world.flush()
      expect(await world.read('text/logs.csv')).toBe('Input,Output\nGrüße,Grüße\n')
      expect(await world.bytes('sepia/Input/0.png')).toEqual(png(1))
    })

    test('the raw bytes that a verifying host keeps beat what it parsed', async () => {
      const keep: RequestHandler = express.json({
        verify: (req, _res, bytes) => Object.assign(req, { rawBody: bytes }),
      })
      const { world, server } = await start({ mode: 'auto' }, keep)
      const headers = { 'content-type': 'application/json' }
      const body = '{"n":12345678901234567890}'
      await send(server, '/calculate', { method: 'POST', headers, body })
      await world.flush()
      expect(await world.read('calculate/logs.csv')).toBe('n,Output\n12345678901234567890,12\n')
    })

    test('uploads that multer keeps in memory, one or many', async () => {
      const { world, server } = await start({ mode: 'auto' }, multer().any())
      await send(server, '/sepia', postParts({ im: upload(png(1)), note: '7' }))
      await world.flush()
      await send(server, '/sepia', postParts({ im: [upload(png(2)), upload(png(3))], note: '8' }))
      await world.flush()
      const rows = recordsOf(await world.read('sepia/logs.csv'))
      expect(rows).toEqual([
        { im: 'im/0.png', note: '7', Output: 'Output/0.png' },
        { im: '["im/1-0.png","im/1-1.png"]', note: '8', Output: 'Output/1.png' },
      ])
      expect(await world.bytes('sepia/im/0.png')).toEqual(png(1))
      expect(await world.bytes('sepia/im/1-1.png')).toEqual(png(3))
    })

    test('uploads that multer has written to a disk: copied, and left where they are', async () => {
      const world = await World.make(expressAdapter(express))
      const dest = join(world.root, 'uploads')
      const app = express()
      app.use(multer({ dest }).fields([{ name: 'im' }]))
      app.use(
        world.flagging({
          mode: 'auto',
          inputs: [image('im'), 'note'],
        }) as unknown as RequestHandler,
      )
      app.post('/sepia', (_req, res) => void res.type('png').send(png(9)))
      const server = await serveApp(app)
      await send(server, '/sepia', postParts({ im: upload(png(1)), note: 'x' }))
      await world.flush()
      expect(await world.read()).toBe('im,note,Output\nim/0.png,x,Output/0.png\n')
      expect(await world.bytes('im/0.png')).toEqual(png(1))
      expect(await readdir(dest)).toHaveLength(1)
    })

    test('what the host changes later does not reach the log', async () => {
      const world = await World.make(expressAdapter(express))
      const app = express()
      app.use(express.json())
      app.use(world.flagging({ inputs, mode: 'auto' }) as unknown as RequestHandler)
      app.post('/calculate', async (req, res) => {
        await turn()
        ;(req.body as Record<string, unknown>)['num1'] = 'changed'
        res.json(12)
      })
      await send(await serveApp(app), '/calculate', postJSON(sample))
      await world.flush()
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })

    test('nothing is left: empty cells, and one report per endpoint that says what to do', async () => {
      const eat: RequestHandler = (req, _res, next) => {
        req.resume().on('end', () => next())
      }
      const { world, server, flagging } = await start({ mode: 'auto', when: () => true }, eat)
      for (const path of ['/calculate', '/calculate', '/sepia']) {
        expect((await send(server, path, postJSON(sample))).status).toBe(200)
      }
      await flagging.flush()
      expect(world.errors).toHaveLength(2)
      for (const error of world.errors) {
        expect(error).toMatchObject({ code: 'ERR_FLAGGING_BODY_GONE' })
        expect(String(error)).toContain('before')
      }
      expect(await world.read('calculate/logs.csv')).toBe('Output\n12\n12\n')
    })

    test('a body half read before us is not taken for a whole one', async () => {
      const half: RequestHandler = (req, _res, next) => {
        req.once('readable', () => {
          req.read(4)
          next()
        })
      }
      const { world, server, flagging } = await start({ mode: 'auto', when: () => true }, half)
      await send(server, '/calculate', postJSON(sample))
      await flagging.flush()
      expect(await world.read('calculate/logs.csv')).toBe('Output\n12\n')
    })

    test('redaction reaches them, too', async () => {
      const { world, server } = await start({ mode: 'auto' }, express.json(), multer().any())
      await send(
        server,
        '/calculate',
        postJSON({ password: 'hidden-one', deep: { token: 'hidden-two' } }),
      )
      await send(server, '/sepia', postParts({ secret: 'hidden-three', im: upload(png(1)) }))
      await world.flush()
      const logs = `${await world.read('calculate/logs.csv')}${await world.read('sepia/logs.csv')}`
      expect(logs).not.toContain('hidden')
      expect(logs.match(/\[redacted\]/g)).toHaveLength(3)
    })
  })

  describe(`${name}: flag routes behind parsers`, () => {
    test('a flag that express.json() has parsed is taken as it is', async () => {
      const { world, server } = await start({ inputs }, express.json())
      const { id } = await send(server, '/calculate', postJSON(sample))
      expect((await flag(server, id)).status).toBe(201)
      expect((await flag(server, id)).status).toBe(200)
      expect((await flag(server, id, { option: 'x' })).status).toBe(400)
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })

    test('so are posted samples, as JSON and as forms with files', async () => {
      const { world, server } = await start(
        { inputs: [image('im')], outputs: ['note'], acceptData: true },
        express.json(),
        multer().any(),
      )
      expect((await send(server, '/flag', postJSON({ data: [null, 'one'] }))).status).toBe(201)
      const parts = { im: upload(png(1)), note: 'two' }
      expect((await send(server, '/flag', postParts(parts))).status).toBe(201)
      expect(rowsOf(await world.read())).toEqual([
        ['im', 'note'],
        ['', 'one'],
        ['im/1.png', 'two'],
      ])
      expect(await world.bytes('im/1.png')).toEqual(png(1))
    })

    test('a body that is gone is a 400, not a wait', async () => {
      const eat: RequestHandler = (req, _res, next) => {
        req.resume().on('end', () => next())
      }
      const { server } = await start({ inputs }, eat)
      expect((await flag(server, 'AAAAAAAAAAAAAAAAAAAAAA')).status).toBe(400)
    })

    test("the ecosystem's CORS package can expose the id to other origins", async () => {
      const origin = 'https://app.example.com'
      const expose = cors({ origin, exposedHeaders: ['Flagging-Id'] })
      const { server } = await start({ inputs, origins: [origin] }, expose as RequestHandler)
      const made = await send(server, '/calculate', postJSON(sample, { origin }))
      expect(made.headers.get('access-control-expose-headers')).toBe('Flagging-Id')
      expect(made.id).toMatch(/^[\w-]{22}$/)
      const headers = { origin, 'sec-fetch-site': 'cross-site' }
      const flagged = await send(server, '/flag', postJSON({ id: made.id }, headers))
      expect(flagged.status).toBe(201)
      expect(flagged.headers.get('access-control-allow-origin')).toBe(origin)
    })
  })
}
