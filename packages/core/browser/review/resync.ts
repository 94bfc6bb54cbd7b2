import type { ReviewSample } from './contract.ts'
import { askForPage, mayMove } from './listing.ts'
import type { Review } from './review.ts'
import { contentOf, identitiesOf } from './row-identity.ts'
import { searchOf } from './view.ts'

const PAGE = 200

/**
 * Asks for the list anew, up to where it is known, where what came in since cannot be told. What is
 * open or selected stays so, and new samples wait where they would move what is being read.
 */
export async function resync(review: Review, signal: AbortSignal): Promise<void> {
  const before = review.store.state.listing
  const samples: ReviewSample[] = []
  let next: string | null | undefined
  let newest: string | undefined
  let searched = 0
  do {
    const page = await askForPage(review, { limit: PAGE, cursor: next }, signal)
    // Another search may have begun meanwhile, or this one has gone on.
    if (signal.aborted || review.store.state.listing.samples !== before.samples) return
    samples.push(...page.samples)
    next = page.next
    newest ??= page.newest
    searched += page.searched
  } while (next !== null && samples.length < before.samples.length)
  const fresh = newOnes(before.samples, samples)
  const shown = mayMove(review) ? samples : samples.slice(fresh)
  followKeys(review, before.samples, samples)
  review.store.set(({ listing }) => ({
    listing: {
      ...listing,
      samples: shown,
      fresh: samples.slice(0, samples.length - shown.length),
      next,
      newest,
      searched,
    },
  }))
}

/** How many samples of a list lie above all that were known. */
function newOnes(before: readonly ReviewSample[], after: readonly ReviewSample[]): number {
  const known = new Set(before.map(contentOf))
  const first = after.findIndex((sample) => known.has(contentOf(sample)))
  return first === -1 ? 0 : first
}

/** The keys of rows change where rows in front of them are deleted: what is named by them follows. */
function followKeys(
  review: Review,
  before: readonly ReviewSample[],
  after: readonly ReviewSample[],
): void {
  const names = identitiesOf(after)
  const keys = new Map(after.map(({ key }, n) => [names[n], key]))
  const changed = new Map(
    before.map(({ key }, n) => [key, keys.get(identitiesOf(before)[n]) ?? key]),
  )
  const now = (key: string) => changed.get(key) ?? key
  review.store.set(({ chosen, opened, last, noting, noted, view, savings }) => ({
    chosen: new Set([...chosen].map(now)),
    opened: opened && {
      ...opened,
      key: now(opened.key),
      sample: opened.sample && { ...opened.sample, key: now(opened.sample.key) },
    },
    last: last && now(last),
    noting: noting && now(noting),
    noted: noted && now(noted),
    view: { ...view, sample: view.sample && now(view.sample) },
    savings: savings.map((saving) => ({ ...saving, key: now(saving.key) })),
  }))
  const drafts = new Map(review.drafts)
  review.drafts.clear()
  for (const [key, text] of drafts) review.drafts.set(now(key), text)
  history.replaceState(null, '', location.pathname + searchOf(review.store.state.view))
}
