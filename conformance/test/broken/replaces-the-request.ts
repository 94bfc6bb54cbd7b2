import type { Hono } from 'hono'

export const name = 'puts another request in place of the one that came'
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    c.req.raw = new Request(c.req.raw)
    await next()
  })
}
