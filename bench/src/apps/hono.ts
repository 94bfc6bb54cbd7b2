import type { Server } from 'node:http'
import { type FlaggingMiddleware, flagging } from '@flagging/hono-adapter'
import { createAdaptorServer } from '@hono/node-server'
import { type Env, Hono, type MiddlewareHandler } from 'hono'
import type { MakeContestant } from '../contestant.ts'
import { served } from '../served.ts'

const IN_FRONT: Readonly<Record<string, MiddlewareHandler>> = {
  'no-op': async (_c, next) => {
    await next()
  },
}

/** The JSON echo on Hono with something in front: nothing, `no-op`, or a mode of flagging. */
export function make(argument: string): MakeContestant {
  return async (dir) => {
    const app = new Hono()
    let mounted: FlaggingMiddleware<Env> | undefined
    if (argument in IN_FRONT) app.use(IN_FRONT[argument]!)
    else if (argument !== 'bare') app.use((mounted = flagging({ mode: argument as 'auto', dir })))
    app.post('/echo', async (c) => c.json({ got: await c.req.json<unknown>() }))
    return served(
      // A cast, since it may be an HTTP/2 server where one asks for that.
      createAdaptorServer(app) as Server,
      async () => mounted?.flagging.flush(),
      async () => mounted?.flagging.close(),
    )
  }
}
