import type { Server as HttpServer } from 'node:http'
import type { Flagging, FlaggingOptions } from '@flagging/core'
import type { flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { onTestFinished } from 'vitest'
import type { Server } from '../../../test/contract/host.ts'
import { listen } from '../../../test/contract/listen.ts'
import { World } from '../../../test/contract/world.ts'
import { onSockets, withoutSockets } from './hono-host.ts'

/** A host that is made twice: as it is, and behind flagging. */
export interface Pair {
  readonly world: World
  readonly bare: Server
  readonly tapped: Server
  readonly flagging: Flagging
}

/** The ways in which an app is served. */
export const WAYS: Record<string, (app: Hono) => Promise<Server>> = {
  'on @hono/node-server': serveApp,
  'without sockets': async (app) => withoutSockets(app),
}

/** Serves a real Hono app without and with flagging in front of it. */
export async function pair(
  serve: (app: Hono) => Promise<Server>,
  options: FlaggingOptions<object>,
  build: (app: Hono) => void,
  ...before: MiddlewareHandler[]
): Promise<Pair> {
  const world = await World.make(onSockets)
  const middleware = world.flagging(options)
  const [plain, flagged] = [new Hono(), new Hono()]
  for (const handler of before) {
    plain.use(handler)
    flagged.use(handler)
  }
  flagged.use(middleware as unknown as ReturnType<typeof flagging>)
  for (const app of [plain, flagged]) {
    app.onError((error, c) => c.text(error.message, 500))
    build(app)
  }
  const [bare, tapped] = [await serve(plain), await serve(flagged)]
  return { world, bare, tapped, flagging: middleware.flagging }
}

/** Puts an app on a socket until the test is over. */
export async function serveApp(app: Hono): Promise<Server> {
  const server = await listen(createAdaptorServer({ fetch: app.fetch }) as HttpServer)
  onTestFinished(() => server.close())
  return server
}
