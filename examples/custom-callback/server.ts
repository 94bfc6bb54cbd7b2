// Samples that go somewhere else: `server.ts` puts them into samples.db, `server.ts --print` prints
// them. Nothing is declared, so each endpoint's columns come from what passes.
import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { calculate } from '../calculator/calculate.ts'
import { classify } from '../classifier/classify.ts'
import { SimpleFlaggingCallback } from './simple-flagging-callback.ts'
import { SQLiteCallback } from './sqlite-callback.ts'

const isPrinted = process.argv.includes('--print')
const callback = isPrinted ? new SimpleFlaggingCallback() : new SQLiteCallback('samples.db')
const middleware = flagging({ callback, options: ['Incorrect', 'Other'] })
const app = new Hono()

app.use(middleware)

app.post('/calculate', async (c) => {
  const { num1, operation, num2 } = await c.req.json()
  return c.json({ Output: calculate(num1, operation, num2) })
})

app.post('/classify', async (c) => {
  const { im } = await c.req.parseBody()
  if (!(im instanceof File)) return c.json({ error: 'Send a picture in the field im.' }, 400)
  return c.json(await classify(new Uint8Array(await im.arrayBuffer())))
})

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`Send POST /calculate or /classify to http://localhost:${port}`)
})

process.once('SIGTERM', () => {
  server.close(() => void middleware.flagging.close().then(() => process.exit()))
})
