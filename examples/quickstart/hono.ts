import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.use(flagging({ inputs: ['num1', 'operation', 'num2'] }))

app.post('/calculate', async (c) => {
  const { num1, operation, num2 } = await c.req.json()
  return c.json({ Output: operation === 'add' ? num1 + num2 : num1 - num2 })
})

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}`)
})
