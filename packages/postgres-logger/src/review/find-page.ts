import type { ListCursor } from './cursor.ts'
import type { Micros } from './micros.ts'
import type { Place } from './order.ts'
import type { Scope, Search } from './search.ts'
import type { TimeParts, TimeRange } from './time-parts.ts'

/** A part of a list. */
export interface FoundPage {
  readonly places: readonly Place[]
  /** Where the list goes on; `undefined` at its end. */
  readonly next: ListCursor | undefined
}

/**
 * The next places of a list. By time, one part of the timeline is looked at after the other; by
 * duration, the next ones of all parts are put in order.
 * @param times of the samples that are meant
 */
export async function findPage(
  search: Search,
  timeline: TimeParts,
  times: TimeRange,
  limit: number,
  cursor: ListCursor | undefined,
): Promise<FoundPage> {
  const { isByTime, isBack } = search.sought.order
  const behind = typeof cursor?.behind === 'object' ? cursor.behind : undefined
  const range = isByTime ? restOf(times, cursor?.behind, isBack) : times
  const parts = timeline.of(range, isByTime ? (isBack ? 'newest' : 'oldest') : undefined)
  const stages = isByTime ? parts.map((part) => [part]) : [parts]
  const places: Place[] = []
  for (const [at, stage] of stages.entries()) {
    const end = await findIn(search, stage, at === 0 ? behind : undefined, limit, places)
    if (end !== 'all') return { places, next: { behind: end, isWalk: search.isWalk } }
    const edge = isBack ? stage[0]?.from : stage[0]?.to
    const isLast = at === stages.length - 1 || edge === undefined
    if (!isLast && (places.length >= limit || search.isSpent)) {
      return {
        places,
        next: { behind: places.length >= limit ? lastOf(places) : edge, isWalk: search.isWalk },
      }
    }
  }
  return { places, next: undefined }
}

/** Adds what is found in some parts; gives behind which place to go on, or that all was looked at. */
async function findIn(
  search: Search,
  parts: readonly TimeRange[],
  from: Place | undefined,
  limit: number,
  places: Place[],
): Promise<Place | 'all'> {
  for (let behind = from; ;) {
    const scopes = parts.map((range): Scope => ({ range, behind }))
    const upTo = search.isByStretch ? await nearestEnd(search, scopes) : undefined
    if (upTo === 'again') continue
    // One more tells whether there are others.
    const wanted = limit - places.length + 1
    const found = await oneByOne(scopes, (scope) => search.places({ ...scope, upTo }, wanted))
    if (found === undefined) continue
    const next = found.flat().toSorted((a, b) => search.sought.order.compare(a, b))
    places.push(...next.slice(0, wanted - 1))
    if (next.length >= wanted) return lastOf(places)
    if (upTo === undefined) return 'all'
    behind = upTo
    if (places.length >= limit || search.isSpent) return upTo
  }
}

/** Up to where all parts can be looked at together. */
async function nearestEnd(
  search: Search,
  scopes: readonly Scope[],
): Promise<Place | undefined | 'again'> {
  const length = Math.ceil(search.stretchLength / scopes.length)
  const stretches = await oneByOne(scopes, (scope) => search.stretch(scope, length))
  if (stretches === undefined) return 'again'
  const ends = stretches.flatMap(({ end }) => end ?? [])
  return ends.toSorted((a, b) => search.sought.order.compare(a, b))[0]
}

/** What is found in each part, none of which takes a connection from others; `undefined` if one fails. */
async function oneByOne<T>(
  scopes: readonly Scope[],
  find: (scope: Scope) => Promise<T | undefined>,
): Promise<readonly T[] | undefined> {
  const all: T[] = []
  for (const scope of scopes) {
    const found = await find(scope)
    if (found === undefined) return undefined
    all.push(found)
  }
  return all
}

/** What is left of a stretch of time behind a place or moment. */
function restOf(times: TimeRange, behind: Place | Micros | undefined, isBack: boolean): TimeRange {
  if (behind === undefined) return times
  const at = typeof behind === 'bigint' ? behind : behind.at
  if (isBack) {
    const to = typeof behind === 'bigint' ? at : at + 1n
    return { from: times.from, to: times.to === undefined || to < times.to ? to : times.to }
  }
  return { from: times.from === undefined || at > times.from ? at : times.from, to: times.to }
}

function lastOf(places: readonly Place[]): Place {
  return places.at(-1) as Place
}
