import { Exchange, type MountedPlan, exchangeOf, tapNode, watchHead } from '@flagging/core/adapter'
import type { Request, RequestHandler, Response } from 'express'
import { mountOf, urlOf } from './address.ts'
import { mountPattern, patternOf } from './route-pattern.ts'

/** Sees the exchange go by if it may become a sample; of several middlewares the innermost decides. */
export function capture(
  plan: MountedPlan,
  middleware: RequestHandler,
  req: Request,
  res: Response,
): void {
  const earlier = exchangeOf(req)
  if (!earlier) {
    if (plan.wants(req.method)) tapNode(begin(plan, middleware, req), req, res)
    return
  }
  earlier.plan = plan
  watchHead(earlier, res)
}

function begin(plan: MountedPlan, middleware: RequestHandler, req: Request): Exchange {
  const mount = mountOf(req)
  return new Exchange(plan, req, {
    method: req.method,
    url: urlOf(req),
    route: (target) => ({
      pattern: patternOf(target as Request) ?? mountPattern(target as Request, middleware, mount),
      params: { ...(target as Request).params },
    }),
  })
}
