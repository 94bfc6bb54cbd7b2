import type { Hono } from 'hono'

/** What the table calls it. */
export const name = 'response text first'

/** The recipe: the whole answer is read before it is let go. */
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    await c.res.clone().text()
  })
}
