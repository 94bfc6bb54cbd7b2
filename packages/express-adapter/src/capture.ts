import {
  Exchange,
  type MountedPlan,
  type RequestFacts,
  type RouteFacts,
  exchangeOf,
  tapNode,
  watchHead,
} from '@flagging/core/adapter'
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
  return new Exchange(plan, req, new ExpressRequestFacts(req, middleware))
}

class ExpressRequestFacts implements RequestFacts {
  readonly method: string
  readonly url: string
  readonly #middleware: RequestHandler
  readonly #mount: string

  constructor(req: Request, middleware: RequestHandler) {
    this.method = req.method
    this.url = urlOf(req)
    this.#middleware = middleware
    this.#mount = mountOf(req)
  }

  route(target: object): RouteFacts {
    const req = target as Request
    return {
      pattern: patternOf(req) ?? mountPattern(req, this.#middleware, this.#mount),
      params: { ...req.params },
    }
  }
}
