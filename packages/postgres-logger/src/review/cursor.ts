import { FlaggingError } from '@flagging/core'
import type { ReviewSort } from '@flagging/core/store'
import { type Micros, isMicros } from './micros.ts'
import type { Order, Place } from './order.ts'
import { type Snapshot, isSnapshot } from './snapshot.ts'

/** Where a list goes on. */
export interface ListCursor {
  /** Behind this sample; or behind all samples before or after a moment, where that was all looked at. */
  readonly behind: Place | Micros
  /** Whether the rows are walked through: an index would find too little of what is asked for. */
  readonly isWalk: boolean
}

/** What was there when something was looked up: what is not in it came in since. */
export interface NewestCursor {
  readonly snapshot: Snapshot
  /** How many samples there were. */
  readonly samples: number
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** As it stands in addresses. */
export function encodeList({ sort }: Order, { behind, isWalk }: ListCursor): string {
  const place =
    typeof behind === 'bigint'
      ? { at: String(behind) }
      : { at: String(behind.at), id: behind.id, duration: behind.duration }
  return encode({ sort, ...place, ...(isWalk && { isWalk }) })
}

/**
 * What stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where that is of another order, or nothing of ours
 */
export function decodeList(text: string, { sort, isByTime }: Order): ListCursor {
  const { sort: of, at, id, duration = null, isWalk = false } = decode(text)
  if (of !== (sort satisfies ReviewSort) || !isMicros(at) || typeof isWalk !== 'boolean') {
    throw noCursor()
  }
  if (id === undefined && isByTime) return { behind: BigInt(at), isWalk }
  if (typeof id !== 'string' || !UUID.test(id)) throw noCursor()
  const isDuration = typeof duration === 'number' || (isByTime && duration === null)
  if (!isDuration) throw noCursor()
  return { behind: { at: BigInt(at), id, duration }, isWalk }
}

/** As it stands in addresses. */
export function encodeNewest({ snapshot, samples }: NewestCursor): string {
  return encode({ ...snapshot, samples })
}

/**
 * What stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where that is nothing of ours
 */
export function decodeNewest(text: string): NewestCursor {
  const { seen, at, samples } = decode(text)
  if (!isSnapshot(seen) || !Number.isSafeInteger(at) || !Number.isSafeInteger(samples))
    throw noCursor()
  return { snapshot: { seen, at: at as number }, samples: samples as number }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw noCursor()
}

function noCursor(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_BAD_REQUEST',
    'A cursor must be one that an earlier answer gave for the same `sort`.',
  )
}
