// One of many instances: samples go to PostgreSQL and their files to a bucket, and a flag may come to
// any of them. Environment variables say where all that is: `npm run fleet` sets them for a few instances.
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { hostname } from 'node:os'
import { image, number, text } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { streamSSE } from 'hono/streaming'
import { calculate } from '../calculator/calculate.ts'
import { answer } from '../demo/chat.ts'
import { toSepia } from '../sepia/to-sepia.ts'
import { logger } from './logger.ts'
import { setting } from './setting.ts'

const page = readFileSync(new URL('page.html', import.meta.url), 'utf8')
const instance = setting('INSTANCE', hostname())
const reviewer = { username: 'reviewer', password: setting('REVIEW_PASSWORD') }
const ticket = `Basic ${btoa(`${reviewer.username}:${reviewer.password}`)}`

const middleware = flagging({
  options: ['Wrong', 'Unsafe'],
  comment: true,
  dir: setting('FLAGGED_DIR', 'flagged'),
  callback: logger,
  examples: logger,
  review: true,
  authorize: (c: Context, action) =>
    action === 'flag' || action === 'examples' || c.req.header('Authorization') === ticket,
})
const app = new Hono()

app.use(async (c, next) => {
  await next()
  c.header('Instance', instance)
})
app.use('/flag/review/*', basicAuth(reviewer))
app.use(middleware)
app.use(bodyLimit({ maxSize: 32 * 1024 * 1024 }))
app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 400),
)

app.get('/', (c) => c.html(page))
app.get('/health', (c) => c.json({ flagging: middleware.flagging.stats(), logger: logger.stats() }))

const sums = flagging(middleware.flagging, {
  inputs: [number('num1'), text('operation'), number('num2')],
  outputs: [number('Output')],
})
app.post('/calculate', sums, async (c) => {
  const { num1, operation, num2 } = await c.req.json<Record<string, string>>()
  return c.json({ Output: calculate(Number(num1), String(operation), Number(num2)) })
})

const pictures = flagging(middleware.flagging, {
  inputs: [image('im')],
  outputs: [image('Output')],
})
app.post('/sepia', pictures, async (c) => {
  const { im } = await c.req.parseBody()
  if (!(im instanceof File)) throw new Error('Send a picture in the field im.')
  const sepia = await toSepia(new Uint8Array(await im.arrayBuffer()))
  return c.body(Uint8Array.from(sepia), 200, { 'Content-Type': 'image/png' })
})

const chats = flagging(middleware.flagging, {
  inputs: [text('question')],
  outputs: [text('Output')],
})
app.post('/chat', chats, async (c) => {
  const { question } = await c.req.json<{ question: string }>()
  return streamSSE(c, (stream) => answer(question, stream))
})

const server = serve({ fetch: app.fetch, port: Number(setting('PORT', '3000')) }, ({ port }) => {
  console.log(`${instance} is at http://localhost:${port}`)
}) as Server

/** Answers what was asked, stores what was flagged, and goes. */
function stop(): void {
  server.close(() => void middleware.flagging.close().then(() => process.exit()))
}

process.once('SIGTERM', stop)
process.once('SIGINT', stop)
