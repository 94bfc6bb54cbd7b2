import type { Exchange } from '../capture/exchange.ts'
import { exchangeOf } from '../capture/exchange-mark.ts'
import { FlaggingError } from '../errors.ts'
import type { Hall } from './hall.ts'
import type { FlagsElsewhere } from '../store/callback-host.ts'

/** The form of an interaction's id. */
const ID = /^[\w-]{22}$/

/**
 * The exchange that somebody wants to flag, or to take the flags of back.
 * @param target its id, or a handler's own context or request
 * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND`, `ERR_FLAGGING_NOT_ENDED` or `ERR_FLAGGING_MODE_AUTO`
 */
export function flaggable(hall: Hall, target: string | object): Exchange {
  checkMode(hall, target)
  return typeof target === 'string' ? held(hall, target) : captured(hall, target)
}

/**
 * Who flags an exchange, once its answer has ended; `null` if nobody knows.
 * @param username who says so; by default, in a handler, its maker
 * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND` where its maker is somebody else
 */
export async function flaggerOf(
  hall: Hall,
  exchange: Exchange,
  target: string | object,
  username: string | null,
): Promise<string | null> {
  await exchange.whenAnswered()
  checkWhole(exchange)
  if (exchange.answer === undefined) throw notFound(hall)
  const maker = (await hall.book.maker(exchange)) ?? null
  const flagger = username ?? (typeof target === 'string' ? null : maker)
  if (maker !== null && flagger !== null && maker !== flagger) throw notFound(hall)
  return flagger
}

/**
 * Throws where nothing is flagged by its id.
 * @throws FlaggingError `ERR_FLAGGING_MODE_AUTO`
 */
export function checkMode({ settings }: Hall, target: string | object): void {
  if (typeof target !== 'string' || settings.mode !== 'auto') return
  throw new FlaggingError(
    'ERR_FLAGGING_MODE_AUTO',
    "In mode 'auto' every submission is logged by itself: there is nothing to flag.",
  )
}

function held(hall: Hall, id: string): Exchange {
  const exchange = hall.held.get(id)
  if (!exchange) throw notFound(hall)
  if (exchange.state === 'open') {
    throw new FlaggingError(
      'ERR_FLAGGING_NOT_ENDED',
      'The interaction has not ended yet: try again when its answer is complete.',
    )
  }
  return exchange
}

/** The exchange of a handler's own context or request. */
function captured(hall: Hall, target: object): Exchange {
  const exchange = exchangeOf(target)
  if (exchange) checkWhole(exchange)
  if (!exchange || exchange.excluded || !hall.planOf(exchange)?.captures) throw notFound(hall)
  return exchange
}

/** Throws what an exchange is given up for: it is reported with that, and not once more. */
function checkWhole(exchange: Exchange): void {
  if (exchange.fault === undefined) return
  exchange.abandon(exchange.fault)
  throw exchange.fault as Error
}

/**
 * How to reach the instance that holds an interaction, where that may be another one than this.
 * @param target what somebody wants to flag
 */
export function elsewhereOf(hall: Hall, target: string | object): FlagsElsewhere | undefined {
  const { mode, sharedCallback } = hall.settings
  if (typeof target !== 'string' || mode !== 'manual' || !ID.test(target)) return undefined
  return hall.held.get(target) === undefined ? sharedCallback?.elsewhere : undefined
}

/** One text for everything that cannot be flagged, so that ids cannot be probed. */
export function notFound({ settings }: Hall): FlaggingError {
  const holder = settings.sharedCallback?.elsewhere ? 'instance' : 'process'
  return new FlaggingError(
    'ERR_FLAGGING_NOT_FOUND',
    `There is no such interaction to flag. Ids are held by the ${holder} that issued them, ` +
      'for a limited time, and may be flagged only by whom they were issued to.',
  )
}
