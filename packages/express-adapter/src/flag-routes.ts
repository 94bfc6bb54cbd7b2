import { type Flagging, FlaggingError, type FlaggingOptions } from '@flagging/core'
import { hallOf } from '@flagging/core/adapter'
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
  const { flagging, hall } = hallOf(options)
  const { acceptData, examples } = hall.settings
  if (flagging !== options && !acceptData && examples === undefined) {
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      'These flag routes have nothing to flag: pass `acceptData` or `examples`, or the `flagging` ' +
        'of a middleware that captures.',
    )
  }
  const router = Router()
  router.use((req, res, next) => {
    if (!answer(hall, req, res, req.path)) next()
  })
  return Object.assign(router, { flagging })
}
