import type { Hono } from 'hono'

export const name = 'builds the response anew'
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    c.res = new Response(c.res.body, c.res)
  })
}
