import { createHash } from 'node:crypto'
import { FlaggingError } from '../errors.ts'
import type { Position } from './log-walk.ts'
import type { ReviewSort } from './review-filter.ts'

/** Where a list goes on: what is not named has not been begun. */
export interface ListCursor {
  readonly sort: ReviewSort
  /** By the names of logs. */
  readonly positions: ReadonlyMap<string, Position>
}

/** Where a list by a measure goes on. */
export interface RankCursor {
  readonly sort: ReviewSort
  /** What the last sample of the list so far was, if there was one. */
  readonly below: Rank | undefined
  /** The search that is under way, if one is. */
  readonly search: string | undefined
}

/** What lists by a measure are in the order of: a measure, then a log, then a place in it. */
export type Rank = readonly [measure: number, log: string, start: number]

/** Where the logs ended: what is behind that is new. */
export interface NewestCursor {
  /** What tells whether the logs are the same still. */
  readonly logs: string
  readonly ends: readonly (readonly [end: number, ino: number])[]
}

/** As it stands in addresses. */
export function encodeList({ sort, positions }: ListCursor): string {
  return encode({ sort, at: [...positions].map(([log, [offset, check]]) => [log, offset, check]) })
}

/**
 * What stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where that is of another order, or nothing of ours
 */
export function decodeList(text: string, sort: ReviewSort): ListCursor {
  const { sort: of, at } = decode(text)
  if (of !== sort || !Array.isArray(at)) throw noCursor()
  const positions = (at as unknown[]).map((entry): [string, Position] => {
    const [log, offset, check] = Array.isArray(entry) ? (entry as unknown[]) : []
    if (typeof log !== 'string' || !isOffset(offset) || typeof check !== 'string') throw noCursor()
    return [log, [offset, check]]
  })
  return { sort, positions: new Map(positions) }
}

/** As it stands in addresses. */
export function encodeRank({ sort, below, search }: RankCursor): string {
  return encode({ sort, below, search })
}

/**
 * What stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where that is of another order, or nothing of ours
 */
export function decodeRank(text: string, sort: ReviewSort): RankCursor {
  const { sort: of, below, search } = decode(text)
  const isSearch = search === undefined || typeof search === 'string'
  if (of !== sort || !isSearch || !(below === undefined || isRank(below))) throw noCursor()
  return { sort, below, search }
}

/** As it stands in addresses. */
export function encodeNewest({ logs, ends }: NewestCursor): string {
  return encode({ logs, ends })
}

/**
 * What stands in an address.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` where that is nothing of ours
 */
export function decodeNewest(text: string): NewestCursor {
  const { logs, ends } = decode(text)
  const isList = (list: unknown): list is NewestCursor['ends'] =>
    Array.isArray(list) &&
    list.every((entry) => Array.isArray(entry) && entry.length === 2 && entry.every(isOffset))
  if (typeof logs !== 'string' || !isList(ends)) throw noCursor()
  return { logs, ends }
}

/** What tells lists of logs apart. */
export function nameOf(logs: readonly { readonly name: string }[]): string {
  const names = JSON.stringify(logs.map(({ name }) => name))
  return createHash('sha256').update(names).digest('base64url').slice(0, 12)
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isRank(value: unknown): value is Rank {
  if (!Array.isArray(value)) return false
  const [measure, log, start] = value as unknown[]
  return typeof measure === 'number' && typeof log === 'string' && isOffset(start)
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
