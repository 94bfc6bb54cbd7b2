// A calculator whose answers can be flagged. Samples go to flagged/logs.csv.
import { readFileSync } from 'node:fs'
import { number, text } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { calculate } from './calculate.ts'

const page = readFileSync(new URL('page.html', import.meta.url), 'utf8')
const app = new Hono()

app.use(
  flagging({
    inputs: [number('num1'), text('operation'), number('num2')],
    outputs: [number('Output')],
  }),
)

app.get('/', (c) => c.html(page))

app.post('/calculate', async (c) => {
  const isJSON = c.req.header('content-type')?.startsWith('application/json')
  const input = isJSON ? await c.req.json() : await c.req.parseBody()
  try {
    return c.json({ Output: calculate(Number(input.num1), input.operation, Number(input.num2)) })
  } catch (error) {
    return c.json({ error: (error as Error).message }, 400)
  }
})

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`The calculator is at http://localhost:${port}`)
})
