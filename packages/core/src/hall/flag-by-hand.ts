import type { Exchange } from '../capture/exchange.ts'
import { exchangeOf } from '../capture/exchange-mark.ts'
import { FlaggingError } from '../errors.ts'
import { type CheckedFlag, checkFlagRequest } from './flag-request.ts'
import type { Hall } from './hall.ts'
import type { FlagRequest } from '../options/flagging-options.ts'
import type { MountedPlan } from './plan.ts'

/**
 * Stores a flag by hand.
 * @param correctionJSON the exact text of a correction that JavaScript cannot hold
 * @returns the count, and whether this call made the row
 */
export async function flagByHand(
  hall: Hall,
  target: string | object,
  request: FlagRequest,
  correctionJSON?: string,
): Promise<{ count: number; fresh: boolean }> {
  hall.checkOpen()
  const flag = checkFlagRequest(request, hall.settings, correctionJSON)
  const exchange = typeof target === 'string' ? flaggable(hall, target) : captured(hall, target)
  return exchange.keptFor(async () => {
    await exchange.whenAnswered()
    checkWhole(exchange)
    if (exchange.answer === undefined) throw notFound()
    const maker = (await hall.book.maker(exchange)) ?? null
    const flagger = flag.username ?? (typeof target === 'string' ? null : maker)
    if (maker !== null && flagger !== null && maker !== flagger) throw notFound()
    const { option, comment, correction } = flag
    const key = JSON.stringify([option, comment, flag.correctionJSON ?? correction, flagger])
    return hall.book.once(exchange, key, () => store(hall, exchange, flag, flagger))
  })
}

/** The id of the exchange that a handler's context or request belongs to, if it may get one. */
export function idOf(hall: Hall, target: object): string | undefined {
  const exchange = exchangeOf(target)
  const plan = exchange && hall.planOf(exchange)
  if (!plan?.issuesIds || exchange?.excluded) return undefined
  return plan.mayIssueId(exchange as Exchange) ? exchange?.id : undefined
}

function flaggable(hall: Hall, id: string): Exchange {
  const { mode } = hall.settings
  if (mode === 'auto') {
    throw new FlaggingError(
      'ERR_FLAGGING_MODE_AUTO',
      "In mode 'auto' every submission is logged by itself: there is nothing to flag.",
    )
  }
  const exchange = hall.held.get(id)
  if (!exchange) throw notFound()
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
  if (!exchange || exchange.excluded || !hall.planOf(exchange)?.captures) throw notFound()
  hall.book.expect(exchange)
  return exchange
}

/** Throws what an exchange is given up for: it is reported with that, and not once more. */
function checkWhole(exchange: Exchange): void {
  if (exchange.fault === undefined) return
  exchange.abandon(exchange.fault)
  throw exchange.fault as Error
}

function store(
  hall: Hall,
  exchange: Exchange,
  flag: CheckedFlag,
  username: string | null,
): Promise<number> {
  const plan = hall.planOf(exchange) as MountedPlan
  // Held on to for the callback's own time, which may be longer than anybody waits.
  return exchange.keptFor(async () => {
    const bytes = (exchange.request?.size ?? 0) + (exchange.response?.size ?? 0)
    const count = await hall.counted(bytes, () =>
      hall.outlet.store({ exchange, plan, flag, username }),
    )
    if (count === undefined) throw notFound()
    return count
  })
}

/** One text for everything that cannot be flagged, so that ids cannot be probed. */
function notFound(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_NOT_FOUND',
    'There is no such interaction to flag. Ids are held by the process that issued them, ' +
      'for a limited time, and may be flagged only by whom they were issued to.',
  )
}
