import type { Hono } from 'hono'

/** What the table calls it. */
export const name = 'request text after'

/** The recipe: the request is read after the handler, through Hono, which remembers it. */
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    await c.req.text()
  })
}
