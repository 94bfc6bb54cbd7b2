import { FlaggingError } from '@flagging/core'
import pg from 'pg'
import { isTransient } from '../database/transient.ts'
import { fileFaultOf } from '../files/file-fault.ts'

/**
 * What a failure says of what was to be stored.
 * - `place`: nothing; it waits, and is sent again.
 * - `sample`: a sample in it is refused for good.
 * - `unknown`: nobody can tell; if another sample can be stored meanwhile, it is the sample's.
 */
export type Verdict = 'place' | 'sample' | 'unknown'

/** Says whose fault it is that samples were not stored. */
export function verdictOf(error: unknown): Verdict {
  if (isTransient(error)) return 'place'
  for (let one: unknown = error; typeof one === 'object' && one !== null;) {
    if (one instanceof pg.DatabaseError || fileFaultOf(one).at === 'file') return 'sample'
    if (one instanceof FlaggingError && one.code === 'ERR_FLAGGING_BAD_REQUEST') return 'sample'
    one = (one as { cause?: unknown }).cause
  }
  return 'unknown'
}
