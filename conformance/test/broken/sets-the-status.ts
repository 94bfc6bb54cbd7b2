import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'sets the status'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.statusCode = 202
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    c.res = new Response(c.res.body, { status: 202, headers: c.res.headers })
  })
}
