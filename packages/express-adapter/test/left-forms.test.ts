import { CSVLogger, type FlaggingOptions } from '@flagging/core'
import type { RequestHandler } from 'express'
import multer from 'multer'
import { describe, expect, test } from 'vitest'
import { loaded } from '../../../test/contract/loaded.ts'
import { png } from '../../../test/contract/png.ts'
import { postForm, postParts, send, upload } from '../../../test/contract/wire.ts'
import { everyFile, World } from '../../../test/contract/world.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'
import { serveApp } from './express-world.ts'

for (const [name, express] of EXPRESS) {
  /** Flagging behind the parsers of the host, which is not as it should be but as it often is. */
  const start = async (options: FlaggingOptions<object> = {}) => {
    const world = await World.make(expressAdapter(express))
    const callback = () => new CSVLogger({ columns: ['truncated'], fsync: 'none' })
    const middleware = world.flagging({ mode: 'auto', callback, ...options })
    const app = express()
    app.use(express.urlencoded({ extended: true }), multer().any())
    app.use(middleware as unknown as RequestHandler)
    app.post('/ask', (_req, res) => void res.json({ ok: true }))
    const server = await serveApp(app)
    const sample = async (init: RequestInit) => {
      expect((await send(server, '/ask', init)).status).toBe(200)
      await world.flush()
      const [first] = (await loaded(world))['ask'] ?? []
      return { inputs: first?.inputs, truncated: first?.details.truncated }
    }
    return { world, sample }
  }
  const canaries = async (world: World) => {
    const found: string[] = []
    for (const path of await everyFile(world.dir)) {
      if ((await world.bytes(path)).includes('c4n4ry')) found.push(path)
    }
    return found
  }

  describe(`${name}: forms that were parsed before us`, () => {
    test('keep texts and files of one name apart', async () => {
      const { sample } = await start()
      const body = new FormData()
      body.append('a', 'text')
      for (const n of [1, 2]) body.append('a', upload(png(n)))
      body.append('b', 'x')
      const { inputs, truncated } = await sample({ method: 'POST', body })
      expect(inputs).toEqual({ 'a 2': 'text', a: [png(1), png(2)], b: 'x' })
      expect(truncated).toBe(false)
    })

    test('hide files by the names of their fields, and what JSON in fields hides', async () => {
      const { world, sample } = await start()
      const { inputs } = await sample(
        postParts({
          token: upload(Buffer.from('c4n4ry'), 'x.txt', 'text/plain'),
          meta: '{"apiKey":"c4n4ry","a":1}',
        }),
      )
      expect(inputs).toEqual({ meta: '{"apiKey":"[redacted]","a":1}', token: '[redacted]' })
      expect(await canaries(world)).toEqual([])
    })

    test('hide what JSON in fields of other forms hides', async () => {
      const { world, sample } = await start()
      const { inputs } = await sample(postForm({ 'u[token]': 'c4n4ry', m: '{"token":"c4n4ry"}' }))
      expect(inputs).toEqual({ u: { token: '[redacted]' }, m: '{"token":"[redacted]"}' })
      expect(await canaries(world)).toEqual([])
    })

    test.for([
      [{ files: 2 }, [4, 4], true],
      [{ fileBytes: 3 }, [3, 3, 3], true],
      [{ interactionBytes: 10 }, [4, 4, 2], true],
      [{ files: 3, fileBytes: 4, interactionBytes: 100 }, [4, 4, 4], false],
    ] as const)('keep files up to the limits %j', async ([limits, sizes, isCut]) => {
      const { sample } = await start({ limits })
      const im = [1, 2, 3].map((n) => upload(Buffer.alloc(4, n), `${n}`, 'a/b'))
      const { inputs, truncated } = await sample(postParts({ im }))
      expect(inputs?.['im']).toEqual(sizes.map((size, n) => Buffer.alloc(size, n + 1)))
      expect(truncated).toBe(isCut)
    })
  })
}
