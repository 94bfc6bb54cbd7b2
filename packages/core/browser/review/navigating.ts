import type { ReviewSample } from './contract.ts'
import { count } from './counting.ts'
import { bringIn, search, showMore } from './listing.ts'
import { type Review, focusOn, noteFailure } from './review.ts'
import type { Opened } from './state.ts'
import { type Filter, type View, isSameList, searchOf, viewOf } from './view.ts'

/** Shows something else, and puts it into the page's address. */
export function show(review: Review, change: Partial<View>, isStep = true): void {
  const view = { ...review.store.state.view, ...change }
  const address = location.pathname + searchOf(view)
  if (isStep) history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  apply(review, view)
}

/** Follows the browser's own buttons. */
export function followHistory(review: Review): void {
  addEventListener('popstate', () => apply(review, viewOf(location.search)))
}

/** Narrows or widens what is looked at. */
export function filter(review: Review, change: Filter): void {
  show(review, change)
}

function apply(review: Review, view: View): void {
  const before = review.store.state.view
  review.store.set({ view })
  if (!isSameList(before, view)) {
    void search(review)
    void count(review)
  }
  if (before.sample !== view.sample) openNamed(review)
}

/** Opens the sample that the address names; closes it where there is none. */
export function openNamed(review: Review): void {
  const { view, listing } = review.store.state
  const signal = review.opening.start()
  const key = view.sample
  if (key === undefined) {
    review.store.set({ opened: undefined, noting: undefined })
    return
  }
  const sample = listing.samples.find((one) => one.key === key)
  const opened: Opened = { key, sample, isWhole: false, isBusy: !sample, failure: undefined }
  review.store.set({ opened, last: key, noting: undefined, noted: undefined })
  if (sample === undefined) void fetchWhole(review, signal)
}

/** Fetches the open sample with its long values. */
export async function openWhole(review: Review): Promise<void> {
  await fetchWhole(review, review.opening.start())
}

async function fetchWhole(review: Review, signal: AbortSignal): Promise<void> {
  const key = review.store.state.opened?.key
  if (key === undefined) return
  change(review, { isBusy: true, failure: undefined })
  try {
    const sample = await review.api.sample(key, signal)
    if (!signal.aborted) change(review, { sample, isWhole: true, isBusy: false })
  } catch (error) {
    if (!signal.aborted) change(review, { isBusy: false, failure: noteFailure(review, error) })
  }
}

function change(review: Review, to: Partial<Opened>): void {
  review.store.set(({ opened }) => ({ opened: opened && { ...opened, ...to } }))
}

/** Opens a sample. */
export function open(review: Review, { key }: ReviewSample): void {
  const { view } = review.store.state
  if (view.sample === key) return
  // One step back leads to the list, however many samples were looked at.
  show(review, { sample: key }, view.sample === undefined)
}

/** Closes the open sample. */
export function close(review: Review): void {
  if (review.store.state.opened === undefined) return
  show(review, { sample: undefined })
  focusOn(review, 'row')
}

/** Opens the one after the open sample, or before it; with none open, the first. */
export function step(review: Review, by: 1 | -1): void {
  const { listing, opened } = review.store.state
  const at = listing.samples.findIndex(({ key }) => key === opened?.key)
  const to = at === -1 ? 0 : at + by
  const sample = listing.samples[to]
  if (sample === undefined) {
    if (by === 1) showMore(review)
    return
  }
  bringIn(review, to)
  open(review, sample)
  focusOn(review, 'row')
}
