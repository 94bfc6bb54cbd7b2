import type { Hono } from 'hono'

/** What the table calls it. */
export const name = 'request buffer first'

/** The recipe: the request is read before the handler, through Hono, which remembers it. */
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await c.req.arrayBuffer()
    await next()
  })
}
