// What `npm start` runs: four things to try on one page, each with buttons to flag what came out, and
// with what was flagged before as examples; and a page on which all of it is reviewed.
import { resolve } from 'node:path'
import { CSVLogger, image, label, number, text } from '@flagging/core'
import { flagRoutes, flagging } from '@flagging/hono-adapter'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { streamSSE } from 'hono/streaming'
import { calculate } from '../calculator/calculate.ts'
import { classify } from '../classifier/classify.ts'
import { answer } from './chat.ts'
import { toSepia } from '../sepia/to-sepia.ts'
import { listen } from './listen.ts'
import { page } from './page.ts'

const dir = resolve('flagged')
const app = new Hono()

app.route('/', page)

/** Where the samples of a part lie; what was flagged there is offered as examples. */
const kept = (part: string) => ({
  dir: `${dir}/${part}`,
  examples: `${dir}/${part}`,
  callback: () => new CSVLogger({ columns: ['timestamp', 'id'] }),
})

/** Whoever sits at this machine may review; an app would ask its session instead. */
const isLocal = (c: Context) =>
  /^(?:::1|(?:::ffff:)?127\.)/.test(getConnInfo(c).remote.address ?? '')

app.route('/flag', flagRoutes({ dir, review: true, authorize: isLocal }))

app.use(
  '/calculator/*',
  flagging({
    inputs: [number('num1'), text('operation'), number('num2')],
    outputs: [number('Output')],
    ...kept('calculator'),
  }),
)
app.use('/sepia/*', flagging({ inputs: [image('im')], ...kept('sepia') }))
app.use(
  '/classifier/*',
  flagging({
    inputs: [image('im')],
    outputs: [label('Output')],
    options: ['Incorrect', 'Offensive', 'Other'],
    comment: true,
    ...kept('classifier'),
  }),
)
app.use(
  '/chat/*',
  flagging({
    inputs: [text('question')],
    outputs: [text('Output')],
    options: ['Helpful', 'Wrong'],
    correction: true,
    ...kept('chat'),
  }),
)

app.use(bodyLimit({ maxSize: 10 * 1024 * 1024 }))
app.onError((error, c) => c.json({ error: error.message }, 400))

app.post('/calculator', async (c) => {
  const { num1, operation, num2 } = await c.req.parseBody<Record<string, string>>()
  return c.json({ Output: calculate(Number(num1), String(operation), Number(num2)) })
})
app.post('/sepia', async (c) => {
  const sepia = await toSepia(await pictureOf(await c.req.parseBody()))
  return c.body(Uint8Array.from(sepia), 200, { 'Content-Type': 'image/png' })
})
app.post('/classifier', async (c) => {
  return c.json(await classify(await pictureOf(await c.req.parseBody())))
})
app.post('/chat', async (c) => {
  const { question } = await c.req.parseBody<{ question: string }>()
  return streamSSE(c, (stream) => answer(question, stream))
})

async function pictureOf({ im }: Record<string, unknown>): Promise<Uint8Array> {
  if (im instanceof File) return new Uint8Array(await im.arrayBuffer())
  throw new Error('Send a picture in the field im.')
}

listen(app, Number(process.env.PORT ?? 3000), `Samples go to ${dir}`)
