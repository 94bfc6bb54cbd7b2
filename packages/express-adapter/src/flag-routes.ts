import type { Flagging, FlaggingOptions } from '@flagging/core'
import { routesHallOf } from '@flagging/core/adapter'
import { type Request, Router } from 'express'
import { answer } from './route-bridge.ts'

/**
 * The flag routes alone, for an API that is already there: `app.use('/flag', flagRoutes(options))`.
 * @param options a flagging whose routes are wanted elsewhere (`flagRoutes(middleware.flagging)`), or
 * options with at least one of `acceptData` and `examples`
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for bad options, and where the routes have nothing to do
 */
export function flagRoutes(
  options: FlaggingOptions<Request> | Flagging,
): Router & { readonly flagging: Flagging } {
  const { flagging, hall } = routesHallOf(options)
  const router = Router()
  router.use((req, res, next) => {
    try {
      if (answer(hall, req, res, req.path)) return
    } catch (error) {
      try {
        hall.report(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    next()
  })
  return Object.assign(router, { flagging })
}
