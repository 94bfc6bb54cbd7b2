import { FlaggingError } from '../errors.ts'

/** Which rows are left over of a selection, by what reviewers said of them. */
export type MarkFilter = 'open' | 'reviewed' | 'noted'

/** Which samples a reviewer wants to see; what is `undefined` leaves none out. */
export interface ReviewFilter {
  /** The value of the option; the empty string stands for none. */
  readonly option?: string | undefined
  /** The folder of an endpoint; the empty string stands for the flagged directory itself. */
  readonly dataset?: string | undefined
  /** The empty string stands for nobody. */
  readonly user?: string | undefined
  /** Milliseconds since 1970: the first moment that counts. */
  readonly from?: number | undefined
  /** The first moment that does not count any more. */
  readonly to?: number | undefined
  /** In lower case; each must stand in some cell. */
  readonly words?: readonly string[] | undefined
  readonly marks?: MarkFilter | undefined
}

/** The order of a list of samples. */
export type ReviewSort = 'newest' | 'oldest' | 'slowest' | 'fastest'

/** What a list of samples is asked for. */
export interface PageQuery {
  readonly filter: ReviewFilter
  readonly sort: ReviewSort
  readonly limit: number
  /** Whether values are given whole; else long ones are cut. */
  readonly whole?: boolean
  /** Where an earlier page ended. */
  readonly cursor?: string | undefined
  /** What was the newest before: asks for what came in since. */
  readonly after?: string | undefined
}

/** The parameters that say which samples are meant. */
const FILTER_NAMES: readonly string[] = ['option', 'dataset', 'user', 'from', 'to', 'q', 'marks']

const PAGE = 50
const LARGEST_PAGE = 200
const LONGEST_TEXT = 1000
const MOST_WORDS = 20
const LONGEST_CURSOR = 100_000
const MARKS: readonly string[] = ['open', 'reviewed', 'noted']
const SORTS: readonly string[] = ['newest', 'oldest', 'slowest', 'fastest']
const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * The selection that the parameters of an address ask for.
 * @param others names of parameters that mean something else
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` for unknown parameters and values
 */
export function parseFilter(query: URLSearchParams, others: readonly string[]): ReviewFilter {
  for (const name of query.keys()) {
    if (!FILTER_NAMES.includes(name) && !others.includes(name)) {
      throw bad(`There is no parameter '${name.slice(0, 40)}'.`)
    }
    if (name !== 'key' && query.getAll(name).length > 1) {
      throw bad(`\`${name}\` may be given once.`)
    }
  }
  return {
    option: textOf(query, 'option'),
    dataset: textOf(query, 'dataset'),
    user: textOf(query, 'user'),
    from: timeOf(query, 'from'),
    to: timeOf(query, 'to'),
    words: wordsOf(textOf(query, 'q')),
    marks: oneOf(query, 'marks', MARKS) as MarkFilter | undefined,
  }
}

/**
 * What a list of samples is asked for.
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST`
 */
export function parsePageQuery(query: URLSearchParams): PageQuery {
  const filter = parseFilter(query, ['sort', 'limit', 'cursor', 'after'])
  const sort = (oneOf(query, 'sort', SORTS) ?? 'newest') as ReviewSort
  const limit = query.get('limit') ?? String(PAGE)
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_PAGE) {
    throw bad(`\`limit\` must be a whole number from 1 to ${LARGEST_PAGE}.`)
  }
  const cursor = textOf(query, 'cursor', LONGEST_CURSOR)
  const after = textOf(query, 'after', LONGEST_CURSOR)
  if (after !== undefined && (cursor !== undefined || sort !== 'newest')) {
    throw bad('`after` goes with `sort=newest` and without `cursor`.')
  }
  return { filter, sort, limit: Number(limit), cursor, after }
}

function textOf(query: URLSearchParams, name: string, longest = LONGEST_TEXT): string | undefined {
  const text = query.get(name) ?? undefined
  if (text !== undefined && text.length > longest) throw bad(`\`${name}\` is too long.`)
  return text
}

function oneOf(query: URLSearchParams, name: string, values: readonly string[]) {
  const value = query.get(name) ?? undefined
  if (value !== undefined && !values.includes(value)) {
    throw bad(`\`${name}\` must be one of ${values.map((one) => `'${one}'`).join(', ')}.`)
  }
  return value
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const time = ISO.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw bad(`\`${name}\` must be a date or time like 2026-11-27T09:00Z.`)
  return time
}

function wordsOf(text: string | undefined): readonly string[] | undefined {
  const words = text?.toLowerCase().match(/\S+/g) ?? []
  if (words.length > MOST_WORDS) throw bad(`\`q\` may have ${MOST_WORDS} words.`)
  return words.length > 0 ? words : undefined
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}
