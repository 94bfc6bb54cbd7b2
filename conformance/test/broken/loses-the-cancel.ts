import type { Hono } from 'hono'

export const name = 'does not tell the source that the client has left'
export function hono(app: Hono): void {
  app.use(async (c, next) => {
    await next()
    const reader = c.res.body?.getReader()
    if (!reader) return
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
    })
    c.res = new Response(body, c.res)
  })
}
