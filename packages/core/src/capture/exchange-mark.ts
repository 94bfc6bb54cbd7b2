import type { Exchange, Plan } from './exchange.ts'

const EXCHANGE = Symbol('flagging.exchange')

interface Marked {
  [EXCHANGE]?: Exchange
  /** A Node request has one. */
  readonly _readableState?: Marked
}

/**
 * Notes on one of the host's objects which exchange it belongs to. On a Node request the note is in
 * the state of its stream: Express changes the prototype of each request, and to add a property to
 * such an object costs microseconds, for V8 makes it a shape of its own.
 */
export function mark(object: object, exchange: Exchange): void {
  ;((object as Marked)._readableState ?? (object as Marked))[EXCHANGE] = exchange
}

/** The exchange that one of the host's objects belongs to. */
export function exchangeOf(object: object): Exchange | undefined {
  return ((object as Marked)._readableState ?? (object as Marked))[EXCHANGE]
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
