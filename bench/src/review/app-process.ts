import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { CSVLogger } from '@flagging/core'
import { flagging } from '@flagging/hono-adapter'
import { Hono } from 'hono'

/** An app with the review page of the directory that the process is given; says where it listens. */
const [dir = ''] = process.argv.slice(2)
const app = new Hono()
app.use(
  flagging({
    dir,
    options: ['good', 'bad', 'rare'],
    username: () => 'reviewer',
    review: true,
    authorize: () => true,
    callback: () => new CSVLogger({ columns: ['timestamp', 'id', 'duration'] }),
  }),
)
app.post('/ask', async (c) => c.json(await c.req.json<object>()))
serve({ fetch: app.fetch, port: 0 }, ({ port }) => process.send?.({ port }))
process.on('disconnect', () => process.exit())
process.on('message', () => {
  const [, rss = ''] = /VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  process.send?.({ mebibytes: Number(rss) / 1024 })
})
