import type { FlaggingError } from '@flagging/core'
import { OF_FILE, fileError } from './file-fault.ts'

/** What S3 takes at most, less room for a prefix. */
const MAX_CHARACTERS = 768
/** What disks take at most of one name. */
const MAX_SEGMENT = 255
// No segment starts with a dot: so none goes up, and none is one of a store's own working files.
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/
const SHOWN = 80

/**
 * Gives a key back that is one of ours; whatever else comes out of a database or a request reaches no
 * disk and no bucket.
 * @throws FlaggingError `ERR_FLAGGING_STORE`
 */
export function checkedKey(key: string): string {
  const isOurs =
    typeof key === 'string' &&
    key.length <= MAX_CHARACTERS &&
    KEY.test(key) &&
    key.split('/').every((segment) => segment.length <= MAX_SEGMENT)
  if (!isOurs) throw noKey(key)
  return key
}

function noKey(key: unknown): FlaggingError {
  const shown = typeof key === 'string' ? JSON.stringify(key.slice(0, SHOWN)) : typeof key
  return fileError(OF_FILE, `${shown} is no key of a stored file`)
}
