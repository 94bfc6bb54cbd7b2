// What `npm start` runs: three things to try on one page, each with buttons to flag what came out.
import { resolve } from 'node:path'
import { image, label, number, text } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { calculate } from '../calculator/calculate.ts'
import { classify } from '../classifier/classify.ts'
import { toSepia } from '../sepia/to-sepia.ts'
import { listen } from './listen.ts'
import { page } from './page.ts'

const dir = resolve('flagged')
const app = new Hono()

app.route('/', page)

app.use(
  '/calculator/*',
  flagging({
    inputs: [number('num1'), text('operation'), number('num2')],
    outputs: [number('Output')],
    dir: `${dir}/calculator`,
    examples: `${dir}/calculator`,
  }),
)
app.use('/sepia/*', flagging({ inputs: [image('im')], dir: `${dir}/sepia` }))
app.use(
  '/classifier/*',
  flagging({
    inputs: [image('im')],
    outputs: [label('Output')],
    options: ['Incorrect', 'Offensive', 'Other'],
    dir: `${dir}/classifier`,
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

async function pictureOf({ im }: Record<string, unknown>): Promise<Uint8Array> {
  if (im instanceof File) return new Uint8Array(await im.arrayBuffer())
  throw new Error('Send a picture in the field im.')
}

listen(app, Number(process.env.PORT ?? 3000), `Samples go to ${dir}`)
