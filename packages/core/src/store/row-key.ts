import { createHash } from 'node:crypto'

const LF = 0x0a
const CR = 0x0d
const HASH_LENGTH = 22
const HASH = /^[\w-]{22}$/

/** A row of a log, whatever rows before it are deleted meanwhile. */
export interface RowKey {
  /** The name of the log in its dataset, such as `logs.csv`. */
  readonly log: string
  /** Where the row started when it was read or written: a hint. */
  readonly offset: number
  /** {@link rowHash} of its bytes, which decides. */
  readonly hash: string
}

/**
 * What tells a row from others: the first 128 bits of SHA-256 over its bytes without the end of its
 * line, as 22 base64url characters. Rows of the same bytes stand for each other.
 */
export function rowHash(row: Uint8Array): string {
  let end = row.length
  if (row[end - 1] === LF) end--
  if (row[end - 1] === CR) end--
  return createHash('sha256').update(row.subarray(0, end)).digest('base64url').slice(0, HASH_LENGTH)
}

/** Whether something has the form of a row's key. */
export function isRowKey(value: unknown): value is RowKey {
  if (typeof value !== 'object' || value === null) return false
  const { log, offset, hash } = value as Partial<Record<keyof RowKey, unknown>>
  return (
    typeof log === 'string' &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    typeof hash === 'string' &&
    HASH.test(hash)
  )
}
