import type { Flagging, FlaggingOptions, FlaggingOverrides } from '@flagging/core'
import { type Exchange, giveUp, hallOf, makePlan } from '@flagging/core/adapter'
import type { Context, Env, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { answerThrough, capture } from './capture.ts'
import { leftBody } from './left-body.ts'
import { mountOf, pathBelow } from './mount.ts'
import { answer } from './route-bridge.ts'
import { answerUnanswered, noteAsOurs } from './unanswered.ts'

/** The middleware, which carries its {@link Flagging}. */
export type FlaggingMiddleware<E extends Env> = MiddlewareHandler<E> & {
  readonly flagging: Flagging
}

/**
 * Captures what passes, and answers the flag routes below its mount: Gradio's flagging for an API.
 * Mount it before the routes: `app.use(flagging({ mode: 'auto' }))`. On one route it only captures.
 * @param options the options, or a flagging to share ids, routes, callback and limits with
 * @param overrides what this middleware says otherwise
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for anything that is not an option or cannot be one
 */
export function flagging<E extends Env = Env>(
  options: FlaggingOptions<Context<E>> | Flagging = {},
  overrides?: FlaggingOverrides,
): FlaggingMiddleware<E> {
  const { flagging: shared, hall } = hallOf(options)
  const left = (c: object) => leftBody(c as Context)
  const plan = makePlan(hall, overrides, left, left)
  const { path } = hall.settings
  const middleware: MiddlewareHandler<E> = async (c, next) => {
    let exchange: Exchange | undefined
    try {
      const { path: asked, routeIndex } = c.req
      // Most paths are settled without asking for the routes.
      if (path !== false && asked.includes(path)) {
        const mount = mountOf(routePath(c))
        const below = mount === undefined ? undefined : pathBelow(asked, mount, path)
        const response = below === undefined ? undefined : await answer(hall, c, below)
        if (response) return response
      }
      exchange = capture(plan, c, routeIndex)
    } catch (error) {
      try {
        giveUp(c, plan, error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    if (exchange === undefined) await next()
    else {
      const passing = { isOn: false }
      try {
        await answerThrough(exchange, c, next, passing)
      } catch (error) {
        if (passing.isOn) throw error
        try {
          giveUp(c, plan, error)
        } catch {
          // Not even that can be called where the stack is used up.
        }
      }
      if (!passing.isOn) await next()
    }
    if (!c.finalized) await answerUnanswered(c)
  }
  noteAsOurs(middleware)
  return Object.assign(middleware, { flagging: shared })
}
