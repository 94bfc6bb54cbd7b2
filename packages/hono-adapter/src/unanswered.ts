import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'

const middlewares = new WeakSet<object>()

/** Notes that a middleware is one of ours. */
export function noteAsOurs(middleware: object): void {
  middlewares.add(middleware)
}

/**
 * Answers where no handler did. Hono takes a handler that gives nothing for "not found" if it is the
 * only one, and for an error if it is not: that we are there as well must make no difference.
 */
export async function answerUnanswered(c: Context): Promise<void> {
  const others = matchedRoutes(c).filter(({ handler }) => !middlewares.has(handler))
  if (others.length === 1) c.res = await c.notFound()
}
