import { FlaggingError } from '@flagging/core'
import { isOfTheSetup } from '../database/transient.ts'
import { isTransient } from '../database/database.ts'
import type { CallConnection } from './call-connection.ts'
import { Deadline, LATE } from './deadline.ts'

const FIRST_PAUSE_MS = 20

/**
 * Does something small on a connection, again on another one where it is lost, for a bounded time.
 * @param work is given whether anybody still waits for it
 * @throws FlaggingError `ERR_FLAGGING_STORE`: it may have been done, or be done later
 */
export async function tried<T>(
  connection: CallConnection,
  ms: number,
  work: (isWanted: () => boolean) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(ms)
  const isWanted = (): boolean => !deadline.isOver
  let failure: unknown
  try {
    for (let pause = FIRST_PAUSE_MS; isWanted(); pause *= 2) {
      try {
        await connection.ready(deadline)
        const result = isWanted() ? await deadline.race(work(isWanted)) : LATE
        if (result !== LATE) return result
      } catch (error) {
        if (!isTransient(error) || isOfTheSetup(error)) throw error
        failure = error
        await waited(deadline, pause)
      }
    }
  } finally {
    deadline.end()
  }
  throw unreachable(failure ?? connection.failure)
}

/** Waits a moment, but not beyond the deadline. */
async function waited(deadline: Deadline, ms: number): Promise<void> {
  const pause = new Deadline(ms)
  await deadline.race(pause.passed())
  pause.end()
}

function unreachable(cause: unknown): FlaggingError {
  const message = 'PostgreSQL has not answered in time, so that the flag could not be passed on.'
  return new FlaggingError('ERR_FLAGGING_STORE', message, { cause })
}
