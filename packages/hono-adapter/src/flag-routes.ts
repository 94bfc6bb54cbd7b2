import type { Flagging, FlaggingOptions } from '@flagging/core'
import { routesHallOf } from '@flagging/core/adapter'
import { type Context, type Env, Hono } from 'hono'
import { routePath } from 'hono/route'
import { mountOf, pathBelow } from './mount.ts'
import { answer } from './route-bridge.ts'

/**
 * The flag routes alone, for an API that is already there: `app.route('/flag', flagRoutes(options))`.
 * @param options a flagging whose routes are wanted elsewhere (`flagRoutes(middleware.flagging)`), or
 * options with at least one of `acceptData` and `examples`
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for bad options, and where the routes have nothing to do
 */
export function flagRoutes<E extends Env = Env>(
  options: FlaggingOptions<Context<E>> | Flagging,
): Hono<E> & { readonly flagging: Flagging } {
  const { flagging, hall } = routesHallOf(options)
  const app = new Hono<E>()
  app.use('*', async (c, next) => {
    let response: Response | undefined
    try {
      const below = pathBelow(c.req.path, mountOf(routePath(c)) ?? '', '')
      response = await answer(hall, c, below ?? '/')
    } catch (error) {
      try {
        hall.report(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    return response ?? next()
  })
  return Object.assign(app, { flagging })
}
