import { once } from 'node:events'
import { connect } from 'node:net'
import type { flagging } from '@flagging/express-adapter'
import { describe, expect, test } from 'vitest'
import type { Server } from '../../../test/contract/host.ts'
import { deferred, until } from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'
import { pair, serveApp } from './express-world.ts'

const MODES = ['auto', 'manual'] as const

function head(path: string, bytes: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`
}

function dial({ port }: Server) {
  return connect(port ?? 0, '127.0.0.1').on('error', () => {})
}

for (const [name, express] of EXPRESS) {
  describe(`clients that leave early on ${name}`, () => {
    for (const mode of MODES) {
      test(`while a middleware in front of us is at work: nothing is held on to in ${mode} mode`, async () => {
        const world = await World.make(expressAdapter(express))
        const middleware = world.flagging({ mode })
        const arrived = deferred()
        const passed = deferred()
        const app = express()
        app.use(async (req, res, next) => {
          while (!req.complete) await new Promise((resolve) => setImmediate(resolve))
          arrived.resolve()
          await once(res, 'close')
          next()
        })
        app.use(middleware as ReturnType<typeof flagging>)
        app.post('/', (_req, res) => {
          res.json({ too: 'late' })
          passed.resolve()
        })
        const client = dial(await serveApp(app))
        client.write(head('/', 10_000) + 'x'.repeat(10_000))
        await arrived.promise
        client.destroy()
        await passed.promise
        await until(() => middleware.flagging.stats().memoryBytes === 0)
        expect(middleware.flagging.stats()).toMatchObject({ pending: 0, held: 0, stored: 0 })
        expect(await world.files()).toEqual([])
      })
    }

    test('with requests sent ahead: those that wait in line are let go of', async () => {
      const asked = deferred()
      let answered = 0
      const { tapped, flagging: own } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/first', () => asked.resolve())
        app.post('/answered', (_req, res) => {
          // Short: for more than 16 KiB in line Node would stop reading requests.
          res.json({ never: 'x'.repeat(1000) })
          answered++
        })
        app.post('/unanswered', (req) => {
          req.on('end', () => answered++).resume()
        })
      })
      const client = dial(tapped)
      const rest = ['/answered', '/unanswered'].map((path) => `${head(path, 4)}many`)
      client.write(head('/first', 0) + Array.from({ length: 12 }, () => rest.join('')).join(''))
      await asked.promise
      await until(() => answered === 24)
      expect(own.stats().memoryBytes).toBeGreaterThan(10_000)
      client.destroy()
      await until(() => own.stats().memoryBytes === 0)
      expect(own.stats()).toMatchObject({ pending: 0, stored: 0, failed: 0 })
    })

    test('with requests sent ahead that are answered in the end: all are logged', async () => {
      const go = deferred()
      const {
        tapped,
        world,
        flagging: own,
      } = await pair(express, { mode: 'auto' }, (app) => {
        app.post('/first', async (_req, res) => {
          await go.promise
          res.json({ n: 1 })
        })
        app.post('/next', (_req, res) => {
          res.json({ n: 2 })
          go.resolve()
        })
      })
      const client = dial(tapped)
      client.write(head('/first', 1) + 'a' + head('/next', 1) + 'b')
      await until(() => own.stats().stored === 2)
      client.destroy()
      expect(await world.read('first/logs.csv')).toBe('Input,n\na,1\n')
      expect(await world.read('next/logs.csv')).toBe('Input,n\nb,2\n')
    })
  })
}
