import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  Exchange,
  type MountedPlan,
  type RequestFacts,
  type RouteFacts,
  exchangeOf,
  mark,
  tapNode,
  tapWebRequest,
  tapWebResponse,
  watchHead,
} from '@flagging/core/adapter'
import type { Context, Next } from 'hono'
import { matchedRoutes } from 'hono/route'
import { mountOf } from './mount.ts'
import { answerUnanswered } from './unanswered.ts'

/** What `@hono/node-server` hands over of the socket. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

/** Without sockets, the exchange from within which a request is made. */
const running = new AsyncLocalStorage<Exchange>()

/**
 * Sees the exchange go by if it may become a sample; of several middlewares the innermost decides.
 * @param index the middleware's own place among the matched routes
 * @returns the exchange whose answer is to be tapped by {@link answerThrough}, if any
 */
export function capture(plan: MountedPlan, c: Context, index: number): Exchange | undefined {
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
  const earlier = exchangeOf(c)
  if (earlier) {
    earlier.plan = plan
    if (outgoing) watchHead(earlier, outgoing)
    return undefined
  }
  if (incoming && outgoing && exchangeOf(incoming) === undefined) {
    plan.owner.isOnSockets = true
    if (plan.wants(c.req.method)) {
      tapNode(begin(plan, c, incoming.url ?? '/', index), incoming, outgoing)
    }
    return undefined
  }
  // Work that outlives the exchange it was begun in is no part of it.
  const isWithin = running.getStore()?.state === 'open'
  const isOwnCall = plan.owner.isOnSockets || incoming !== undefined || isWithin
  if (isOwnCall || !plan.wants(c.req.method)) return undefined
  const { pathname, search } = new URL(c.req.url)
  const exchange = begin(plan, c, pathname + search, index)
  c.req.raw = tapWebRequest(exchange, c.req.raw)
  return exchange
}

function begin(plan: MountedPlan, c: Context, url: string, index: number): Exchange {
  const exchange = new Exchange(plan, c, new HonoRequestFacts(c.req.method, url, index))
  mark(c, exchange)
  return exchange
}

class HonoRequestFacts implements RequestFacts {
  readonly method: string
  readonly url: string
  readonly #index: number

  constructor(method: string, url: string, index: number) {
    this.method = method
    this.url = url
    this.#index = index
  }

  route(target: object): RouteFacts {
    return routeOf(target as Context, this.#index)
  }
}

/** Whether the rest of the app has been called: from then on what is thrown is the host's. */
export interface Passing {
  isOn: boolean
}

/** Lets the rest of the app answer where there is no Node socket: then web streams are watched. */
export async function answerThrough(
  exchange: Exchange,
  c: Context,
  next: Next,
  passing: Passing,
): Promise<void> {
  const { headers } = c.req.raw
  try {
    await running.run(exchange, async () => {
      passing.isOn = true
      await next()
      if (!c.finalized) await answerUnanswered(c)
    })
  } catch (error) {
    try {
      exchange.exclude()
    } catch (fault) {
      exchange.abandon(fault)
    }
    throw error
  }
  try {
    // What nobody has answered becomes an error of Hono's.
    if (!c.finalized) exchange.exclude()
    else if (!exchange.excluded) await tapAnswer(exchange, c, headers)
  } catch (error) {
    try {
      exchange.abandon(error)
    } catch {
      // Not even that can be called where the stack is used up.
    }
  }
}

async function tapAnswer(exchange: Exchange, c: Context, headers: Headers): Promise<void> {
  const response = c.res
  const { status } = response
  const tapped = await tapWebResponse(exchange, response, (endedAs) => {
    exchange.ended(
      {
        requestType: headers.get('content-type') ?? undefined,
        requestEncoding: headers.get('content-encoding') ?? undefined,
        status,
        ...exchange.facts.route(c),
        responseType: response.headers.get('content-type') ?? undefined,
        responseEncoding: response.headers.get('content-encoding') ?? undefined,
      },
      endedAs,
    )
  })
  if (tapped === response) return
  // Hono copies the headers of the response that it has onto the one that replaces it.
  c.res = undefined
  c.res = tapped
}

/** The pattern of the handler that answered; where it has none, what the middleware is mounted on. */
function routeOf(c: Context, index: number): RouteFacts {
  const routes = matchedRoutes(c)
  const handler = routes[c.req.routeIndex]
  const pattern = handler?.path ?? ''
  // A pattern for all methods that ends with a wildcard is where a middleware is mounted.
  const isRoute = handler !== undefined && !(handler.method === 'ALL' && pattern.endsWith('*'))
  const params = c.req.param() as Record<string, string>
  if (isRoute) return { pattern, params }
  const mounted = routes[index]?.path ?? ''
  return { pattern: mountOf(mounted) ?? mounted, params }
}
