import type { About, Counts, MarkChange, ReviewSample } from './contract.ts'
import type { ReviewFailure } from './review-failure.ts'
import type { View } from './view.ts'

/** The samples that were found so far. */
export interface Listing {
  readonly samples: readonly ReviewSample[]
  /** Where the search goes on: `undefined` before the first answer, `null` at the end. */
  readonly next: string | null | undefined
  /** What to ask with for those that came in since. */
  readonly newest: string | undefined
  /** The rows that were looked at. */
  readonly searched: number
  readonly stage: 'busy' | 'idle' | 'stopped' | 'failed'
  readonly failure: ReviewFailure | undefined
  /** Whether the samples are those of the search before. */
  readonly isOld: boolean
  /** What came in since, and is not shown yet. */
  readonly fresh: readonly ReviewSample[]
  /** The first one that is in the document. */
  readonly first: number
}

/** What is counted: all that the filter finds, and for each choice, what the others of it would find. */
export interface Tally {
  readonly all?: Counts
  readonly option?: Counts
  readonly dataset?: Counts
  readonly user?: Counts
  readonly time?: Counts
  readonly isBusy?: boolean
  readonly failure?: ReviewFailure | undefined
}

/** The sample that is open. */
export interface Opened {
  readonly key: string
  readonly sample: ReviewSample | undefined
  /** Whether its long values are whole. */
  readonly isWhole: boolean
  readonly isBusy: boolean
  readonly failure: ReviewFailure | undefined
}

/** A change of a mark on its way. */
export interface Saving {
  readonly key: string
  readonly change: MarkChange
  /** Why it was not saved. */
  readonly failure: ReviewFailure | undefined
}

/** A deletion that is being asked about. */
export interface Deleting {
  readonly samples: readonly ReviewSample[]
  readonly isBusy: boolean
  readonly failure: ReviewFailure | undefined
}

/** Something that can have the focus, also after what had it is gone. */
export type Place = 'row' | 'list' | 'sample' | 'note' | 'note-button' | 'search'

/** All that the page shows. */
export interface State {
  readonly about: About | undefined
  /** Why there is nothing to show, or nothing new: the session has ended, or the page did not start. */
  readonly failure: ReviewFailure | undefined
  readonly view: View
  readonly listing: Listing
  readonly tally: Tally
  readonly opened: Opened | undefined
  /** The key of the sample that was opened last. */
  readonly last: string | undefined
  /** The keys of the samples that are selected. */
  readonly chosen: ReadonlySet<string>
  readonly savings: readonly Saving[]
  readonly deleting: Deleting | undefined
  /** The key of the sample whose note is written. */
  readonly noting: string | undefined
  /** The key of the sample whose note was saved last. */
  readonly noted: string | undefined
  readonly isHelping: boolean
  /** Why new samples are not looked for. */
  readonly notLive: ReviewFailure | undefined
  /** What was said last to those who do not see it. */
  readonly said: string
  /** Where the focus shall go; a new object each time. */
  readonly focus: { readonly place: Place } | undefined
}

/** A listing that has not been asked for yet. */
export const NO_LISTING: Listing = {
  samples: [],
  next: undefined,
  newest: undefined,
  searched: 0,
  stage: 'busy',
  failure: undefined,
  isOld: false,
  fresh: [],
  first: 0,
}

/** The state of a page that was just opened. */
export function initialState(view: View): State {
  return {
    about: undefined,
    failure: undefined,
    view,
    listing: NO_LISTING,
    tally: {},
    opened: undefined,
    last: undefined,
    chosen: new Set(),
    savings: [],
    deleting: undefined,
    noting: undefined,
    noted: undefined,
    isHelping: false,
    notLive: undefined,
    said: '',
    focus: undefined,
  }
}
