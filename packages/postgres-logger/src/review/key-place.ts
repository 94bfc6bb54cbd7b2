import type { RowKey } from '@flagging/core'
import { decodeKey } from '@flagging/core/store'
import { hashOfId, idOfHash } from '../samples/sample-id.ts'
import { LOG } from '../samples/sample-removal.ts'
import type { DatasetFacts } from './look.ts'

/** Where the row of a key is. */
export interface KeyPlace {
  readonly id: string
  /** The millisecond since 1970 in which its request came in. */
  readonly at: number
  /** The number of its dataset. */
  readonly dataset: number
  readonly folder: string
  readonly row: RowKey
}

const LAST = Date.UTC(9999, 11, 31)

/**
 * Where the row of a key would be; `undefined` where this store has none that is called so.
 * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND` where there stands no key
 */
export function keyPlace(text: string, datasets: readonly DatasetFacts[]): KeyPlace | undefined {
  const { folder, log, offset, hash } = decodeKey(text)
  // Only what is there: a folder's name in a key is what a client says.
  const dataset = datasets.find((one) => one.folder === folder)
  const id = idOfHash(hash)
  if (dataset === undefined || log !== LOG || offset > LAST || hashOfId(id) !== hash) {
    return undefined
  }
  return { id, at: offset, dataset: dataset.id, folder, row: { log, offset, hash } }
}
