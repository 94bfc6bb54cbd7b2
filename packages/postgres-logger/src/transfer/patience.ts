import { setTimeout as later } from 'node:timers/promises'
import { isOfTheSetup, isTransient } from '../database/transient.ts'

const FIRST_MS = 100
const LONGEST_MS = 5000
/** A server that is restarted is back by then. */
const ALL_MS = 60_000

/**
 * Does something again until it succeeds, fails for a reason that waiting does not remove, or a minute
 * has passed.
 * @param mayPass which reasons waiting may remove. Default: those of the database
 */
export async function patiently<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean = isPassing,
): Promise<T> {
  const until = performance.now() + ALL_MS
  for (let wait = FIRST_MS; ; wait = Math.min(wait * 2, LONGEST_MS)) {
    try {
      return await work()
    } catch (error) {
      if (!mayPass(error) || performance.now() + wait > until) throw error
      await later(wait)
    }
  }
}

function isPassing(error: unknown): boolean {
  return isTransient(error) && !isOfTheSetup(error)
}
