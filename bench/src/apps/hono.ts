import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { HONO_FRONTS } from '../fronts/hono-fronts.ts'
import type { Settings } from '../measure/contestant.ts'
import { PNG, type StreamRequest, calculate, eventData } from './answers.ts'
import type { App } from './app.ts'

/** An app of Hono. */
export async function makeApp({ front, endpoints = 0 }: Settings, dir: string): Promise<App> {
  const app = new Hono()
  const mounted = (await HONO_FRONTS[String(front)]?.(app, dir)) ?? {}
  const answer = async (c: Context) => c.json(calculate(await c.req.json<unknown>()))
  app.post('/calculate', answer)
  for (let nth = 0; nth < Number(endpoints); nth++) app.post(`/calculate/${nth}`, answer)
  app.post('/echo', async (c) => c.json(await c.req.json<object>()))
  app.post('/count', async (c) =>
    c.json({ Output: Object.keys(await c.req.json<object>()).length }),
  )
  app.post('/form', async (c) => {
    const { num1, operation, num2 } = await c.req.parseBody()
    return c.json(calculate({ num1: Number(num1), operation, num2: Number(num2) }))
  })
  app.post('/png', async (c) => {
    await c.req.json<unknown>()
    return c.body(PNG, 200, { 'content-type': 'image/png' })
  })
  app.post('/upload', async (c) => {
    const { file } = await c.req.parseBody()
    return c.json({ size: file instanceof File ? file.size : undefined })
  })
  app.post('/sse', async (c) => {
    const { chunks, pause } = await c.req.json<StreamRequest>()
    return streamSSE(c, async (stream) => {
      for (let nth = 0; nth < chunks; nth++) {
        if (pause > 0) await stream.sleep(pause)
        await stream.writeSSE({ data: eventData(nth) })
      }
    })
  })
  // A cast, since it may be an HTTP/2 server where one asks for that.
  return { server: createAdaptorServer(app) as Server, mounted }
}
