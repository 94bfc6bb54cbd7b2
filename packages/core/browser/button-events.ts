import type { FlagWords } from './flag-form.ts'

/** What a `<flag-button>` is at. */
export type FlagButtonState = 'idle' | 'saving' | 'flagged' | 'error'

/** What the event `flag` says of a stored flag. */
export interface FlagDetail extends FlagWords {
  readonly id: string
  readonly option: string | null
  /** The number of samples of the dataset. */
  readonly count: number
}

/** What the event `unflag` says of flags that were taken back. */
export interface UnflagDetail {
  readonly id: string
  /** How many samples were deleted. */
  readonly deleted: number
}

declare global {
  interface HTMLElementEventMap {
    flag: CustomEvent<FlagDetail>
    unflag: CustomEvent<UnflagDetail>
    flagerror: CustomEvent<unknown>
  }
}
