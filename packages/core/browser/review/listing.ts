import type { ReviewSample, SamplePage } from './contract.ts'
import { type Review, noteFailure, say } from './review.ts'
import { identitiesOf } from './row-identity.ts'
import { type Listing, NO_LISTING } from './state.ts'
import { TEXTS } from './texts.ts'
import { filterQuery } from './view.ts'

/** How many more are looked for at a time. */
const PAGE = 50
/** How many are in the document at most. */
const SHOWN = 300
const STEP = 100

/** Searches from the beginning; the samples of the search before stay until there is an answer. */
export async function search(review: Review): Promise<void> {
  const { samples } = review.store.state.listing
  review.store.set({ listing: { ...NO_LISTING, samples, isOld: true }, chosen: new Set() })
  await searchOn(review)
}

/** Searches on until there are as many more as a page holds, or no others. */
async function searchOn(review: Review): Promise<void> {
  const signal = review.searching.start()
  const { isOld, samples, next } = review.store.state.listing
  const wanted = (isOld ? 0 : samples.length) + PAGE
  if (next === null) return
  change(review, () => ({ stage: 'busy', failure: undefined }))
  try {
    do {
      await nextPage(review, signal)
    } while (mayGoOn(review.store.state.listing, wanted))
    change(review, () => ({ stage: 'idle' }))
    sayFound(review)
  } catch (error) {
    if (signal.aborted) return
    const failure = noteFailure(review, error)
    change(review, () => ({ stage: 'failed', failure }))
  }
}

/** Ends a search that takes long; it may go on later. */
export function stopSearching(review: Review): void {
  review.searching.stop()
  change(review, ({ isOld, samples }) => ({
    stage: 'stopped',
    isOld: false,
    samples: isOld ? [] : samples,
  }))
}

async function nextPage(review: Review, signal: AbortSignal): Promise<void> {
  const { next } = review.store.state.listing
  const page = await askForPage(review, { limit: PAGE, cursor: next }, signal)
  signal.throwIfAborted()
  change(review, ({ isOld, samples, searched, newest }) => ({
    samples: isOld ? page.samples : withoutDoubles(samples, page.samples),
    next: page.next,
    // Of the first page: what came in during a long search is new all the same.
    newest: newest ?? page.newest,
    searched: searched + page.searched,
    isOld: false,
  }))
}

interface PageAsked {
  readonly limit: number
  readonly cursor: string | null | undefined
}

/** Asks for a part of the list. */
export function askForPage(
  review: Review,
  { limit, cursor }: PageAsked,
  signal: AbortSignal,
): Promise<SamplePage> {
  const { view } = review.store.state
  const query = filterQuery(view)
  query.set('limit', String(limit))
  if (view.sort !== undefined) query.set('sort', view.sort)
  if (cursor != null) query.set('cursor', cursor)
  return review.api.samples(query, signal)
}

function mayGoOn({ next, samples }: Listing, wanted: number): boolean {
  return next != null && samples.length < wanted
}

function sayFound(review: Review): void {
  const { samples } = review.store.state.listing
  say(review, samples.length === 0 ? TEXTS.nothingMatches : TEXTS.shown(samples.length))
}

function withoutDoubles(
  first: readonly ReviewSample[],
  second: readonly ReviewSample[],
): readonly ReviewSample[] {
  const known = new Set(first.map(({ key }) => key))
  return [...first, ...second.filter(({ key }) => !known.has(key))]
}

/** Takes in what came in since: it is shown at once where nobody reads what it would move. */
export function takeFresh(review: Review, page: SamplePage): void {
  change(review, ({ samples, fresh }) => {
    const known = new Set([...samples, ...fresh].map(({ key }) => key))
    const added = page.samples.filter(({ key }) => !known.has(key))
    return { newest: page.newest, fresh: [...added, ...fresh] }
  })
  if (page.samples.length === 0) return
  say(review, TEXTS.cameIn(review.store.state.listing.fresh.length))
  if (mayMove(review)) showFresh(review)
}

/** Whether new samples may come in at the top: nobody reads what would be moved by them. */
export function mayMove(review: Review): boolean {
  const { opened, chosen, view, deleting } = review.store.state
  return (
    review.isAtTop &&
    opened === undefined &&
    chosen.size === 0 &&
    deleting === undefined &&
    view.sort === undefined
  )
}

/** Puts what came in at the top of the list; in another order than the newest first, searches again. */
export function showFresh(review: Review): void {
  if (review.store.state.view.sort !== undefined) {
    void search(review)
    return
  }
  change(review, ({ samples, fresh }) => ({
    samples: withoutDoubles(fresh, samples),
    fresh: [],
    first: 0,
  }))
}

/** A sample in the document, with a name that it keeps. */
interface ShownSample {
  readonly name: string
  readonly sample: ReviewSample
}

/** The samples that are in the document. */
export function shownOf({ samples, first }: Listing): readonly ShownSample[] {
  const names = identitiesOf(samples)
  return samples
    .slice(first, first + SHOWN)
    .map((sample, n) => ({ name: names[first + n] ?? '', sample }))
}

/** Whether there are known samples below those in the document. */
export function isMoreBelow({ samples, first }: Listing): boolean {
  return first + SHOWN < samples.length
}

/** Goes on at the end of the list: with samples that are known already, or with a search. */
export function showMore(review: Review): void {
  const { listing } = review.store.state
  if (isMoreBelow(listing)) {
    const { first, samples } = listing
    change(review, () => ({ first: Math.min(first + STEP, samples.length - SHOWN) }))
  } else if (listing.stage !== 'busy') void searchOn(review)
}

/** Shows some of those before the first one in the document. */
export function showEarlier(review: Review): void {
  change(review, ({ first }) => ({ first: Math.max(0, first - STEP) }))
}

/** Makes sure that a sample of the list is in the document. */
export function bringIn(review: Review, index: number): void {
  change(review, ({ first, samples }) => {
    if (index >= first && index < first + SHOWN) return {}
    const middle = index - Math.floor(SHOWN / 2)
    return { first: Math.max(0, Math.min(middle, samples.length - SHOWN)) }
  })
}

/** Changes the samples of the list, those that are open and those that are not shown yet. */
export function changeSamples(
  review: Review,
  changed: (sample: ReviewSample) => ReviewSample | undefined,
): void {
  const all = (samples: readonly ReviewSample[]) =>
    samples.flatMap((sample) => changed(sample) ?? [])
  change(review, ({ samples, fresh }) => ({ samples: all(samples), fresh: all(fresh) }))
  review.store.set(({ opened }) => {
    if (opened?.sample === undefined) return {}
    return { opened: { ...opened, sample: changed(opened.sample) ?? opened.sample } }
  })
}

function change(review: Review, to: (listing: Listing) => Partial<Listing>): void {
  review.store.set(({ listing }) => ({ listing: { ...listing, ...to(listing) } }))
}
