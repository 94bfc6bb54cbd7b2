import { isAscii } from 'node:buffer'
import { isWellFormed } from '../well-formed.ts'

const SHORT_TEXT = 64 * 1024

/**
 * The text whose UTF-8 a chunk is, where that is short and told at once: a string is the cheapest box
 * for a small body, and need not be decoded.
 * @param encoding of a chunk that is a string
 */
export function shortText(
  chunk: Uint8Array | string,
  encoding: string | undefined,
): string | undefined {
  if (chunk.length > SHORT_TEXT) return undefined
  if (typeof chunk !== 'string') {
    return chunk instanceof Buffer && isAscii(chunk) ? chunk.toString('latin1') : undefined
  }
  if (!isUTF8(encoding)) return undefined
  return isWellFormed(chunk) ? chunk : undefined
}

/** Whether this is what a Node stream calls UTF-8, its default. */
export function isUTF8(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === 'utf8' || encoding === 'utf-8'
}
