import type { Express } from 'express'
import type { Hono } from 'hono'

export const name = 'takes everything, however slow the client is'
export function express(app: Express): void {
  app.use((_req, res, next) => {
    const { write } = res
    res.write = ((...args: Parameters<typeof write>) => {
      write.apply(res, args)
      return true
    }) as never
    next()
  })
}
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    void c.res.clone().arrayBuffer()
  })
}
