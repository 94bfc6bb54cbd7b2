import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'swallows errors'
export function express(app: Express): void {
  app.use((req, res, next) => {
    req.on('error', () => {})
    res.on('error', () => {})
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    if (c.error) c.res = new Response('something went wrong')
  })
}
