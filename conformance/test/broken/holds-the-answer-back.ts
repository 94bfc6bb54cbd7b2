import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'holds the answer back until it is complete'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { end } = res
    const chunks: Buffer[] = []
    res.write = ((chunk: string) => chunks.push(Buffer.from(chunk)) > 0) as never
    res.end = (() => end.call(res, Buffer.concat(chunks) as never, 'utf8')) as never
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    await c.res.clone().arrayBuffer()
  })
}
