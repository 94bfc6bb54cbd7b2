import type { RequestHandler } from 'express'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { postJSON, recordsOf, send } from '../../../test/contract/wire.ts'
import { World } from '../../../test/contract/world.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'
import { serveApp } from './express-world.ts'

const [[, express]] = EXPRESS as [(typeof EXPRESS)[number]]

const serve = async () => {
  const world = await World.make(expressAdapter(express))
  const app = express()
  app.use(world.flagging({ mode: 'auto' }) as unknown as RequestHandler)
  app.post('/ask', (_req, res) => void res.json({ ok: true }))
  return { world, server: await serveApp(app) }
}

/** What is stored of one exchange while the host's tests have their way with the globals. */
async function stored(): Promise<Record<string, string>[]> {
  const { world, server } = await serve()
  expect((await send(server, '/ask', postJSON({ q: 'why' }))).status).toBe(200)
  await world.flush()
  return recordsOf(await world.read('ask/logs.csv'))
}

describe("a host's own tests", () => {
  test('may stop the clock', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    expect(await stored()).toMatchObject([{ q: 'why', ok: 'true' }])
  })

  test('may take the clock away', async () => {
    const { performance } = globalThis
    onTestFinished(() => void Object.assign(globalThis, { performance }))
    Reflect.deleteProperty(globalThis, 'performance')
    expect(await stored()).toMatchObject([{ q: 'why', ok: 'true' }])
  })
})
