import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'adds a header'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    res.setHeader('X-Captured', 'yes')
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    c.header('X-Captured', 'yes')
  })
}
