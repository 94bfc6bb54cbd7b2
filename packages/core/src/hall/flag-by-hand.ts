import type { Exchange } from '../capture/exchange.ts'
import { exchangeOf } from '../capture/exchange-mark.ts'
import { type CheckedFlag, checkFlagRequest } from './flag-request.ts'
import { elsewhereOf, flaggable, flaggerOf, notFound } from './flaggable.ts'
import type { Hall } from './hall.ts'
import type { FlagRequest } from '../options/flagging-options.ts'
import type { MountedPlan } from './plan.ts'
import type { JSONValue } from '../sample/flag-value.ts'
import type { FlagOutcome, PassedFlag } from '../store/callback-host.ts'

/**
 * Stores a flag by hand, or has the instance store it that holds the interaction.
 * @param correctionJSON the exact text of a correction that JavaScript cannot hold
 * @returns the count, and whether this call made the row
 */
export async function flagByHand(
  hall: Hall,
  target: string | object,
  request: FlagRequest,
  correctionJSON?: string,
): Promise<FlagOutcome> {
  hall.checkOpen()
  const flag = checkFlagRequest(request, hall.settings, correctionJSON)
  const elsewhere = elsewhereOf(hall, target)
  if (elsewhere === undefined) return flagHere(hall, target, flag)
  const outcome = await elsewhere.flag(target as string, flag)
  if (outcome === undefined) throw notFound(hall)
  return outcome
}

/** Stores a flag that another instance was asked for. */
export async function flagHeld(hall: Hall, id: string, flag: PassedFlag): Promise<FlagOutcome> {
  hall.checkOpen()
  const { correctionJSON: exact } = flag
  const said = exact === undefined ? flag : { ...flag, correction: JSON.parse(exact) as JSONValue }
  // What is redacted may be longer than what was sent, whose length that instance has checked.
  return flagHere(hall, id, checkFlagRequest(said, hall.settings, exact, Infinity))
}

async function flagHere(
  hall: Hall,
  target: string | object,
  flag: CheckedFlag,
): Promise<FlagOutcome> {
  const exchange = flaggable(hall, target)
  if (typeof target === 'object') hall.book.expect(exchange)
  return exchange.keptFor(async () => {
    const flagger = await flaggerOf(hall, exchange, target, flag.username)
    const { option, comment, correction } = flag
    const key = JSON.stringify([option, comment, flag.correctionJSON ?? correction, flagger])
    return hall.book.once(exchange, key, flagger, () => store(hall, exchange, flag, flagger))
  })
}

/** The id of the exchange that a handler's context or request belongs to, if it may get one. */
export function idOf(hall: Hall, target: object): string | undefined {
  const exchange = exchangeOf(target)
  const plan = exchange && hall.planOf(exchange)
  if (!plan?.issuesIds || exchange?.excluded) return undefined
  return plan.mayIssueId(exchange as Exchange) ? exchange?.id : undefined
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
    if (count === undefined) throw notFound(hall)
    return count
  })
}
