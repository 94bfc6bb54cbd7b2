import type { Exchange, Plan } from './exchange.ts'

const EXCHANGE = Symbol('flagging.exchange')

/** Notes on one of the host's objects which exchange it belongs to. */
export function mark(object: object, exchange: Exchange): void {
  ;(object as { [EXCHANGE]?: Exchange })[EXCHANGE] = exchange
}

/** The exchange that one of the host's objects belongs to. */
export function exchangeOf(object: object): Exchange | undefined {
  return (object as { [EXCHANGE]?: Exchange })[EXCHANGE]
}

/**
 * Contains a failure of ours while a middleware looks at a request: whatever the exchange has become
 * by then, what this middleware wanted of it is not certain any longer. It never throws.
 */
export function giveUp(object: object, plan: Plan, error: unknown): void {
  try {
    const exchange = exchangeOf(object)
    if (exchange) exchange.abandon(error)
    else plan.onError(error)
  } catch {
    // What cannot even be reported must not become the host's.
  }
}
