import type { BodyBytes } from './body-bytes.ts'

/** What stands in for a part of a body. */
export interface Replacement {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

/** What is copied of a body at a time: it may lie in a file. */
const LONGEST_COPY = 256 * 1024

/**
 * A body with some of its parts replaced; `undefined` if there are none.
 * @param replacements in their order, none within another
 */
export function replaceBytes(
  body: BodyBytes,
  replacements: readonly Replacement[],
): Uint8Array | undefined {
  if (replacements.length === 0) return undefined
  const more = replacements.reduce((sum, { from, to, bytes }) => sum + bytes.length - to + from, 0)
  const replaced = new Uint8Array(body.length + more)
  let filled = 0
  let copied = 0
  const add = (bytes: Uint8Array): void => {
    replaced.set(bytes, filled)
    filled += bytes.length
  }
  const copyUpTo = (end: number): void => {
    for (; copied < end; copied = Math.min(copied + LONGEST_COPY, end)) {
      add(body.subarray(copied, Math.min(copied + LONGEST_COPY, end)))
    }
  }
  for (const { from, to, bytes } of replacements) {
    copyUpTo(from)
    add(bytes)
    copied = to
  }
  copyUpTo(body.length)
  return replaced
}
