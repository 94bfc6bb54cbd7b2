import { Exchange, type MountedPlan, exchangeOf, tapNode, watchHead } from '@flagging/core/adapter'
import type { Request, Response } from 'express'
import { patternOf } from './route-pattern.ts'

/** Sees the exchange go by if it may become a sample; of several middlewares the innermost decides. */
export function capture(plan: MountedPlan, req: Request, res: Response): void {
  try {
    const earlier = exchangeOf(req)
    if (!earlier) {
      if (plan.wants(req.method)) tapNode(begin(plan, req), req, res)
      return
    }
    if (!plan.captures) {
      earlier.exclude()
      return
    }
    earlier.plan = plan
    watchHead(earlier, res)
  } catch (error) {
    plan.onError(error)
  }
}

function begin(plan: MountedPlan, req: Request): Exchange {
  const mount = req.baseUrl
  return new Exchange(plan, req, {
    method: req.method,
    url: req.originalUrl,
    route: (target) => ({
      pattern: patternOf(target as Request) ?? mount,
      params: { ...(target as Request).params },
    }),
  })
}
