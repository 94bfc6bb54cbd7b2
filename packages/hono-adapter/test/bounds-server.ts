// Run as a process of its own by the tests in `test/bounds`.
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { stream, streamSSE } from 'hono/streaming'
import { serve } from '../../../test/bounds/child.ts'
import { Source, noteListeners, orderOf, sizeOf } from '../../../test/bounds/sources.ts'

const MIB = 1024 * 1024

serve(({ flagged }, options) => {
  const app = new Hono<{ Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }>()
  const mounted = flagged === 'bare' ? undefined : flagging(options)
  if (mounted) app.use(mounted as never)
  app.get('/health', (c) => c.json({ ok: true }))
  app.post('/pipe', (c) => {
    const source = sourceOf(c)
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = source.next()
        if (chunk) {
          controller.enqueue(chunk)
          return
        }
        source.over()
        controller.close()
      },
      cancel: () => source.over(),
    })
    return new Response(body, { headers: { 'content-type': source.order.type } })
  })
  app.post('/write', (c) => {
    const source = sourceOf(c)
    const { chunk: bytes, type } = source.order
    c.header('content-type', type)
    if (type === 'text/event-stream') {
      const data = bytes.toString().slice('data: '.length, -2)
      return streamSSE(c, async (out) => {
        while (!out.aborted && source.next()) await out.writeSSE({ data })
        source.over()
      })
    }
    return stream(c, async (out) => {
      while (!out.aborted && source.next()) await out.write(bytes)
      source.over()
    })
  })
  app.post('/upload', async (c) => {
    noteListeners(c.env.incoming, c.env.outgoing)
    return c.json({ bytes: await sizeOf(bodyOf(c)) })
  })
  app.post('/refuse', (c) => c.json({ error: 'no' }, 401))
  app.post('/limited', async (c) => {
    await sizeOf(bodyOf(c), MIB)
    return c.json({ error: 'too large' }, 413)
  })
  app.post('/wait', async (c) => {
    const gone = once(c.env.outgoing, 'close')
    await sizeOf(bodyOf(c)).catch(() => 0)
    await gone
    return c.json({ ok: true })
  })
  app.onError((_error, c) => c.text('', 500))
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return { server, flagging: mounted?.flagging }
})

function sourceOf(c: Context): Source {
  return new Source(orderOf(new URL(c.req.url).searchParams))
}

function bodyOf(c: Context): AsyncIterable<Uint8Array> {
  return (c.req.raw.body ?? []) as unknown as AsyncIterable<Uint8Array>
}
