import type { Hono } from 'hono'

export const name = 'clones the request and never reads the clone'
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    c.req.raw.clone()
    await next()
  })
}
