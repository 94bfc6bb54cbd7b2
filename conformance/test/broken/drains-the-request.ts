import { buffer } from 'node:stream/consumers'
import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'reads the request itself'
export function express(app: Express): void {
  app.use(async (req, _res, next) => {
    await buffer(req)
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await c.req.raw.arrayBuffer()
    await next()
  })
}
