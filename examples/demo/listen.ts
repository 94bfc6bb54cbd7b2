import { serve } from '@hono/node-server'
import type { Hono } from 'hono'

/** Serves an app at a port, or at any free one if that is taken; prints the address and a note. */
export function listen(app: Hono, port: number, note: string): void {
  const server = serve({ fetch: app.fetch, port }, (address) => {
    console.log(`The demo is at http://localhost:${address.port}`)
    console.log(note)
  })
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port === 0) throw error
    console.log(`Port ${port} is taken.`)
    listen(app, 0, note)
  })
}
