import type { Flagging, FlaggingOptions, FlaggingOverrides } from '@flagging/core'
import { giveUp, hallOf, makePlan } from '@flagging/core/adapter'
import type { Request, RequestHandler } from 'express'
import { pathOf } from './address.ts'
import { capture } from './capture.ts'
import { leftBody } from './left-body.ts'
import { answer } from './route-bridge.ts'

/** The middleware, which carries its {@link Flagging}. */
export type FlaggingMiddleware = RequestHandler & { readonly flagging: Flagging }

/**
 * Captures what passes, and answers the flag routes below its mount: Gradio's flagging for an API.
 * Mount it before the routes: `app.use(flagging({ mode: 'auto' }))`. On one route it only captures.
 * @param options the options, or a flagging to share ids, routes, callback and limits with
 * @param overrides what this middleware says otherwise
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for anything that is not an option or cannot be one
 */
export function flagging(
  options: FlaggingOptions<Request> | Flagging = {},
  overrides?: FlaggingOverrides,
): FlaggingMiddleware {
  const { flagging: shared, hall } = hallOf(options)
  const plan = makePlan(hall, overrides, (req) => leftBody(req as Request))
  const { path } = hall.settings
  const middleware: RequestHandler = (req, res, next) => {
    try {
      const below = path === false ? undefined : pathBelow(pathOf(req), path)
      const isOwn = below !== undefined && !isOnRoute(req, middleware)
      if (isOwn && answer(hall, req, res, below)) return
      capture(plan, middleware, req, res)
    } catch (error) {
      try {
        giveUp(req, plan, error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    next()
  }
  return Object.assign(middleware, { flagging: shared })
}

/** The path below the flag routes' own path; `undefined` where it is not below. */
function pathBelow(path: string, own: string): string | undefined {
  if (path !== own && !path.startsWith(`${own}/`)) return undefined
  return path.slice(own.length) || '/'
}

/** Whether the middleware runs as a handler of one route, where it only captures. */
function isOnRoute(req: Request, middleware: RequestHandler): boolean {
  // Express leaves the route of an earlier match on the request, so its handlers are looked at.
  const route = req.route as { stack?: readonly { handle?: unknown }[] } | undefined
  return route?.stack?.some(({ handle }) => handle === middleware) ?? false
}
