// Run as a process of its own by the tests in `test/bounds`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable, pipeline } from 'node:stream'
import { flagging } from '@flagging/express-adapter'
import express5, { type Request, type Response } from 'express'
import express4 from 'express4'
import { serve } from '../../../test/bounds/child.ts'
import { Source, noteListeners, orderOf, sizeOf } from '../../../test/bounds/sources.ts'

const express = process.argv[3] === '4' ? express4 : express5
const MIB = 1024 * 1024

serve(({ flagged }, options) => {
  const app = express()
  const mounted = flagged === 'bare' ? undefined : flagging(options)
  if (mounted) app.use(mounted)
  app.get('/health', (_req, res) => void res.json({ ok: true }))
  app.post('/pipe', (req, res) => {
    const source = sourceOf(req, res)
    const stream = new Readable({
      read: () => void stream.push(source.next() ?? null),
      destroy: (error, done) => (source.over(), done(error)),
    })
    pipeline(stream, res, () => {})
  })
  app.post('/write', async (req, res) => {
    const source = sourceOf(req, res)
    const gone = once(res, 'close')
    for (let chunk = source.next(); chunk && !res.destroyed; chunk = source.next()) {
      if (!res.write(chunk)) await Promise.race([once(res, 'drain'), gone])
      await source.breathe()
    }
    source.over()
    res.end()
  })
  app.post(
    '/upload',
    reading(async (req, res) => {
      noteListeners(req, res)
      res.json({ bytes: await sizeOf(req) })
    }),
  )
  app.post('/refuse', (_req, res) => void res.status(401).json({ error: 'no' }))
  app.post('/limited', async (req, res) => {
    await sizeOf(req, MIB)
    res.status(413).json({ error: 'too large' })
  })
  app.post(
    '/wait',
    reading(async (req, res) => {
      await sizeOf(req)
      await once(res, 'close')
    }),
  )
  return { server: createServer(app), flagging: mounted?.flagging }
})

function sourceOf(req: Request, res: Response): Source {
  const source = new Source(orderOf(new URL(req.url, 'http://host').searchParams))
  res.type(source.order.type)
  return source
}

/** A handler whose client may leave while it reads. */
function reading(handle: (req: Request, res: Response) => Promise<void>) {
  return (req: Request, res: Response) => void handle(req, res).catch(() => res.destroy())
}
