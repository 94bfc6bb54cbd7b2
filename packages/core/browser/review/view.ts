import { KEY } from './review-api.ts'

/** What a reviewer has done with samples. */
export const MARKS = ['open', 'reviewed', 'noted'] as const
/** The orders besides the newest first. */
export const ORDERS = ['oldest', 'slowest', 'fastest'] as const

/** Which samples are looked at; what is `undefined` does not matter. */
export interface Filter {
  /** The empty string: flagged without an option. */
  readonly option?: string | undefined
  /** A folder's name; the empty string: the flagged directory itself. */
  readonly dataset?: string | undefined
  readonly user?: string | undefined
  /** A day in UTC, `2026-11-22`. */
  readonly from?: string | undefined
  /** The day after the last one. */
  readonly to?: string | undefined
  readonly q?: string | undefined
  readonly marks?: (typeof MARKS)[number] | undefined
}

/** What the page shows: all of it is in its address. */
export interface View extends Filter {
  /** Newest first where it is `undefined`. */
  readonly sort?: (typeof ORDERS)[number] | undefined
  /** The key of the sample that is open. */
  readonly sample?: string | undefined
}

const WORDS = ['option', 'dataset', 'user', 'q'] as const

/** The parts of a filter. */
export const FILTERS = ['option', 'dataset', 'user', 'q', 'from', 'to', 'marks'] as const

/** Reads the query of the page's address. What is malformed in it counts as left out. */
export function viewOf(search: string): View {
  const query = new URLSearchParams(search)
  const given = (name: string) => query.get(name) ?? undefined
  const words = Object.fromEntries(WORDS.map((name) => [name, given(name)]))
  return {
    ...words,
    q: given('q') || undefined,
    from: dayOf(given('from')),
    to: dayOf(given('to')),
    marks: MARKS.find((mark) => mark === given('marks')),
    sort: ORDERS.find((order) => order === given('sort')),
    sample: KEY.test(given('sample') ?? '') ? given('sample') : undefined,
  }
}

/** The query of an address that shows this view. */
export function searchOf(view: View): string {
  const query = filterQuery(view)
  if (view.sort !== undefined) query.set('sort', view.sort)
  if (view.sample !== undefined) query.set('sample', view.sample)
  return query.size === 0 ? '' : `?${query}`
}

/** A filter as the review routes take it. */
export function filterQuery(filter: Filter): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of FILTERS) {
    const value = filter[name]
    if (value !== undefined) query.set(name, value)
  }
  return query
}

/** Whether two views find the same samples in the same order. */
export function isSameList(one: View, other: View): boolean {
  return one.sort === other.sort && String(filterQuery(one)) === String(filterQuery(other))
}

/** Whether a filter leaves anything out. */
export function isFiltered(filter: Filter): boolean {
  return FILTERS.some((name) => filter[name] !== undefined)
}

/** A day as it is written in an address; `undefined` where there is no such day. */
export function dayOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const time = Date.parse(text)
  // Some engines take the 31st of a short month for the next month's first.
  return Number.isNaN(time) || isoDay(time) !== text ? undefined : text
}

/** The day that is so many days after another. */
export function daysAfter(day: string, count: number): string {
  return isoDay(Date.parse(day) + count * 86_400_000)
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
