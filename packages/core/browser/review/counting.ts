import type { Counts } from './contract.ts'
import { type Review, noteFailure } from './review.ts'
import type { Tally } from './state.ts'
import { type Filter, filterQuery } from './view.ts'

const SOON_MS = 500

/** For each chart, the filter without what the chart itself offers: else it would show one bar alone. */
function filtersOf(filter: Filter): readonly (readonly [keyof Tally, Filter])[] {
  return [
    ['all', filter],
    ['option', { ...filter, option: undefined }],
    ['dataset', { ...filter, dataset: undefined }],
    ['user', { ...filter, user: undefined }],
    ['time', { ...filter, from: undefined, to: undefined }],
  ]
}

/** Counts anew; what was counted before stays until there is more. */
export async function count(review: Review): Promise<void> {
  const signal = review.counting.start()
  set(review, { isBusy: true, failure: undefined })
  try {
    // Without a filter they are all the same question.
    const asked = new Map<string, (keyof Tally)[]>()
    for (const [name, filter] of filtersOf(review.store.state.view)) {
      const query = String(filterQuery(filter))
      asked.set(query, [...(asked.get(query) ?? []), name])
    }
    for (const [query, names] of asked) await countOne(review, query, names, signal)
    set(review, { isBusy: false })
  } catch (error) {
    if (!signal.aborted) set(review, { isBusy: false, failure: noteFailure(review, error) })
  }
}

const waiting = new WeakMap<Review, ReturnType<typeof setTimeout>>()

/** Counts anew once nothing has changed for a moment: counts of what was marked begin from nothing. */
export function countSoon(review: Review): void {
  clearTimeout(waiting.get(review))
  waiting.set(
    review,
    setTimeout(() => void count(review), SOON_MS),
  )
}

async function countOne(
  review: Review,
  query: string,
  names: readonly (keyof Tally)[],
  signal: AbortSignal,
): Promise<void> {
  let counts: Counts
  do {
    counts = await review.api.counts(new URLSearchParams(query), signal)
    signal.throwIfAborted()
    set(review, Object.fromEntries(names.map((name) => [name, counts])))
  } while (!counts.done)
}

function set(review: Review, change: Tally): void {
  review.store.set(({ tally }) => ({ tally: { ...tally, ...change } }))
}
