// A classifier with three reasons to flag: what the button says, and what the log says.
//   curl -i localhost:3000/classify -F im=@picture.png
import { image, label } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { classify } from './classify.ts'

const app = new Hono()

app.use(
  flagging({
    inputs: [image('im')],
    outputs: [label('Output')],
    options: [
      ['Mark as incorrect', 'incorrect'],
      ['Mark as offensive', 'offensive'],
      ['Mark as problematic', 'problematic'],
    ],
  }),
)

app.post('/classify', bodyLimit({ maxSize: 10 * 1024 * 1024 }), async (c) => {
  const { im } = await c.req.parseBody()
  if (!(im instanceof File)) return c.json({ error: 'Send a picture in the field im.' }, 400)
  try {
    return c.json(await classify(new Uint8Array(await im.arrayBuffer())))
  } catch {
    return c.json({ error: 'This is no picture.' }, 400)
  }
})

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`The classifier is at http://localhost:${port}`)
})
