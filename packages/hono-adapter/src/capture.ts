import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  Exchange,
  type MountedPlan,
  exchangeOf,
  mark,
  tapNode,
  tapWebRequest,
  tapWebResponse,
  watchHead,
} from '@flagging/core/adapter'
import type { Context, Next } from 'hono'
import { matchedRoutes, routePath } from 'hono/route'
import { mountOf } from './mount.ts'

/** What `@hono/node-server` hands over of the socket. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

/** Flaggings that have seen a socket: for them a request without one is the app's call of itself. */
const onSockets = new WeakSet<object>()
/** Without sockets, whether a request is made from within another one. */
const running = new AsyncLocalStorage<true>()

/**
 * Lets the rest of the app answer, and sees the exchange go by if it may become a sample.
 * @param index the middleware's own place among the matched routes
 */
export async function capture(
  plan: MountedPlan,
  c: Context,
  next: Next,
  index: number,
): Promise<void> {
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
  const earlier = exchangeOf(c)
  if (earlier) {
    decide(earlier, plan, outgoing)
    return next()
  }
  if (incoming && outgoing && exchangeOf(incoming) === undefined) {
    onSockets.add(plan.owner)
    if (plan.wants(c.req.method)) tapSocket(plan, c, incoming, outgoing, index)
    return next()
  }
  const isOwnCall =
    onSockets.has(plan.owner) || incoming !== undefined || running.getStore() === true
  if (isOwnCall || !plan.wants(c.req.method)) return next()
  await running.run(true, () => tapFetch(plan, c, next, index))
}

/** Of several middlewares the innermost decides. */
function decide(exchange: Exchange, plan: MountedPlan, outgoing: ServerResponse | undefined): void {
  exchange.plan = plan
  if (outgoing) watchHead(exchange, outgoing)
}

function begin(plan: MountedPlan, c: Context, url: string, index: number): Exchange {
  const exchange = new Exchange(plan, c, {
    method: c.req.method,
    url,
    route: (target) => routeOf(target as Context, index),
  })
  mark(c, exchange)
  return exchange
}

function tapSocket(
  plan: MountedPlan,
  c: Context,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  index: number,
): void {
  try {
    tapNode(begin(plan, c, incoming.url ?? '/', index), incoming, outgoing)
  } catch (error) {
    plan.onError(error)
  }
}

/** Where there is no Node socket, web streams are watched. */
async function tapFetch(plan: MountedPlan, c: Context, next: Next, index: number): Promise<void> {
  const { pathname, search } = new URL(c.req.url)
  const exchange = begin(plan, c, pathname + search, index)
  const request = c.req.raw
  const { headers } = request
  try {
    c.req.raw = tapWebRequest(exchange, request)
  } catch (error) {
    plan.onError(error)
  }
  try {
    await next()
  } catch (error) {
    exchange.exclude()
    throw error
  }
  if (exchange.excluded) return
  try {
    const response = c.res
    const { status } = response
    const tapped = tapWebResponse(exchange, response, (endedAs) => {
      exchange.ended(
        {
          requestType: headers.get('content-type') ?? undefined,
          requestEncoding: headers.get('content-encoding') ?? undefined,
          status,
          ...exchange.facts.route(c),
          responseHeader: (name) => response.headers.get(name) ?? undefined,
        },
        endedAs,
      )
    })
    if (tapped === response) return
    // Hono copies the headers of the response that it has onto the one that replaces it.
    c.res = undefined
    c.res = tapped
  } catch (error) {
    exchange.exclude()
    plan.onError(error)
  }
}

/** The pattern of the handler that answered; where it has none, what the middleware is mounted on. */
function routeOf(c: Context, index: number): { pattern: string; params: Record<string, string> } {
  const pattern = routePath(c)
  const handler = matchedRoutes(c)[c.req.routeIndex]
  // A pattern for all methods that ends with a wildcard is where a middleware is mounted.
  const isRoute = handler !== undefined && !(handler.method === 'ALL' && pattern.endsWith('*'))
  const mounted = routePath(c, index)
  const mount = mountOf(mounted) ?? mounted
  return { pattern: isRoute ? pattern : mount, params: c.req.param() as Record<string, string> }
}
