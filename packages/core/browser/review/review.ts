import { type Context, createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { type Latest, createLatest } from './latest.ts'
import type { ReviewAPI } from './review-api.ts'
import { failureOf, type ReviewFailure } from './review-failure.ts'
import { type Place, type State, initialState } from './state.ts'
import { type Store, createStore } from './store.ts'
import { TEXTS } from './texts.ts'
import { viewOf } from './view.ts'

/** A page that is open: its state, the server, and what is under way. */
export interface Review {
  readonly store: Store<State>
  readonly api: ReviewAPI
  readonly searching: Latest
  readonly counting: Latest
  readonly opening: Latest
  /** Notes that were begun and not saved, by the key of their sample. */
  readonly drafts: Map<string, string>
  /** Whether the beginning of the list is in sight. */
  isAtTop: boolean
}

/** Makes the page's model. */
export function createReview(api: ReviewAPI, search: string): Review {
  return {
    store: createStore(initialState(viewOf(search))),
    api,
    searching: createLatest(),
    counting: createLatest(),
    opening: createLatest(),
    drafts: new Map(),
    isAtTop: true,
  }
}

/** The page that a component belongs to. */
export const ReviewContext: Context<Review | undefined> = createContext<Review | undefined>(
  undefined,
)

/** The page that a component belongs to. */
export function useReview(): Review {
  const review = useContext(ReviewContext)
  if (review === undefined) throw new Error('There is no ReviewContext around this component.')
  return review
}

/** Notes that the server refuses this visitor, and gives any failure as one that can be shown. */
export function noteFailure(review: Review, error: unknown): ReviewFailure {
  const failure = failureOf(error)
  if (failure.isRefused) review.store.set({ failure })
  return failure
}

/** Tells those who do not see it. */
export function say(review: Review, text: string): void {
  // A live region says nothing where its text stays the same.
  const said = text === review.store.state.said ? `${text}\u00a0` : text
  review.store.set({ said })
}

/** Moves the focus, once what it goes to is there. */
export function focusOn(review: Review, place: Place): void {
  review.store.set({ focus: { place } })
}

/** What to show of a refusal or a failure. */
export function reasonOf(failure: ReviewFailure): string {
  return failure.message || TEXTS.failed
}
