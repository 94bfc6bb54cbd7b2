import { FlaggingError } from '../errors.ts'
import { cannotUnflag } from '../store/callback-gate.ts'
import { checkMode, elsewhereOf, flaggable, flaggerOf, notFound } from './flaggable.ts'
import type { Hall } from './hall.ts'
import type { MountedPlan } from './plan.ts'

/**
 * Takes back the flags that one user made of an interaction, those in flight too, or has the instance
 * do it that holds the interaction; they may be made again.
 * @returns how many samples were deleted
 * @throws FlaggingError as a flag by hand does; `ERR_FLAGGING_NOT_FOUND` also where all its flags are
 * somebody else's, and `ERR_FLAGGING_CANNOT_UNFLAG` where the callback cannot delete
 */
export async function unflag(
  hall: Hall,
  target: string | object,
  username: string | null = null,
): Promise<number> {
  hall.checkOpen()
  if (username !== null && typeof username !== 'string') {
    throw new FlaggingError('ERR_FLAGGING_BAD_REQUEST', '`username` must be a string.')
  }
  checkMode(hall, target)
  // Before anything is looked up: it says nothing of the id.
  if (!hall.datasets.canRemove) throw cannotUnflag()
  const elsewhere = elsewhereOf(hall, target)
  if (elsewhere === undefined) return unflagHere(hall, target, username)
  const deleted = await elsewhere.unflag(target as string, username)
  if (deleted === undefined) throw notFound(hall)
  return deleted
}

/** Takes back flags that another instance was asked to take back. */
export async function unflagHeld(hall: Hall, id: string, username: string | null): Promise<number> {
  hall.checkOpen()
  if (!hall.datasets.canRemove) throw cannotUnflag()
  return unflagHere(hall, id, username)
}

async function unflagHere(
  hall: Hall,
  target: string | object,
  username: string | null,
): Promise<number> {
  const exchange = flaggable(hall, target)
  return exchange.keptFor(async () => {
    const flagger = await flaggerOf(hall, exchange, target, username)
    // Where names are no column, no row says whose it is.
    const isKnown = hall.settings.username !== undefined
    const plan = hall.planOf(exchange) as MountedPlan
    const deleted = await hall.book.takeBack(
      exchange,
      (name) => !isKnown || name === flagger,
      () => hall.outlet.takeBack(exchange, plan, isKnown ? flagger : undefined),
    )
    if (deleted === undefined) throw notFound(hall)
    return deleted
  })
}
