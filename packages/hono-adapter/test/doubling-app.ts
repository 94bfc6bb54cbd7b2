import type { Server } from 'node:http'
import { flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { MakeDoublingApp } from '../../../test/browser/element-host.ts'

/** The app of the tests in a browser, in terms of Hono. */
export const doublingApp: MakeDoublingApp = (options) => {
  const app = new Hono()
  const middleware = flagging(options as object)
  app.use(middleware)
  app.post('/double', async (c) => c.json({ Output: (await c.req.json<{ n: number }>()).n * 2 }))
  // A cast, since it may be an HTTP/2 server where one asks for that.
  return { server: createAdaptorServer(app) as Server, close: () => middleware.flagging.close() }
}
