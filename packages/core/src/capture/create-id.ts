import { randomBytes } from 'node:crypto'

const ID_LENGTH = 22
/** Bytes of which the text is that of 256 ids, each with some bits more than it needs. */
const POOL_BYTES = (256 * ID_LENGTH * 6) / 8

let pool = ''
let used = 0

/**
 * 128 random bits, and some more, as 22 base64url characters. The first is never a hyphen: spreadsheets
 * would take that for a formula, so that its cell needs a guard, and commands for an option.
 */
export function createId(): string {
  do {
    if (used === pool.length) {
      pool = randomBytes(POOL_BYTES).toString('base64url')
      used = 0
    }
    used += ID_LENGTH
  } while (pool[used - ID_LENGTH] === '-')
  return pool.slice(used - ID_LENGTH, used)
}
