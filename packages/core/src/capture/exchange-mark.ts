import type { Exchange } from './exchange.ts'

const EXCHANGE = Symbol('flagging.exchange')

/** Notes on one of the host's objects which exchange it belongs to. */
export function mark(object: object, exchange: Exchange): void {
  ;(object as { [EXCHANGE]?: Exchange })[EXCHANGE] = exchange
}

/** The exchange that one of the host's objects belongs to. */
export function exchangeOf(object: object): Exchange | undefined {
  return (object as { [EXCHANGE]?: Exchange })[EXCHANGE]
}
