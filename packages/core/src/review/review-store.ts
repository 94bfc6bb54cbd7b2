import type { ReviewCounts } from './review-counts.ts'
import type { PageQuery, ReviewFilter } from './review-filter.ts'
import type { FlaggedFile } from '../sample/flag-value.ts'
import type { Mark } from './marks.ts'
import type { ReviewFile, ReviewSample } from './review-sample.ts'

/** A part of a list of samples. */
export interface ReviewPage {
  readonly samples: readonly ReviewSample[]
  /**
   * The `cursor` to go on with; `null` at the end of the list. A search that takes long gives what it
   * has found so far, maybe nothing, and a `next`.
   */
  readonly next: string | null
  /** The `after` to ask with for what comes in from now on. */
  readonly newest: string
  /** How many rows were looked at. */
  readonly searched: number
  /** Set where what came in since cannot be told: then the list must be asked for from its start. */
  readonly reset?: true
}

/** What there is to look at. */
export interface ReviewAbout {
  /** The folders of endpoints; `null` for the flagged directory itself. */
  readonly datasets: readonly (string | null)[]
  /** What cannot be read, and why. */
  readonly notices: readonly string[]
}

/** The columns that the logs of a selection have. */
export interface ReviewColumns {
  /** Labels of inputs, in the order of the logs. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Names of our own columns. */
  readonly details: readonly string[]
}

/** Where samples are looked up. They are named by their keys; see `encodeKey`. */
export interface ReviewReader {
  about(): Promise<ReviewAbout>
  page(query: PageQuery): Promise<ReviewPage>
  columns(filter: ReviewFilter): Promise<ReviewColumns>
  counts(filter: ReviewFilter): Promise<ReviewCounts>
  /**
   * One sample, whole.
   * @param spilled whether a value that is too long for its cell is read, too; else it is given as the
   * file that holds it
   * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND`
   */
  sample(key: string, spilled?: boolean): Promise<ReviewSample>
}

/** What reviewers look at and change. */
export interface ReviewStore extends ReviewReader {
  /** The bytes of a file that a sample of this store names. */
  open(file: ReviewFile): FlaggedFile
  /**
   * An address of the store's own from which a browser may read a file for a while, so that its bytes
   * need not pass through the host: the reviewer is sent there. `undefined`, and without this method:
   * they pass through. Nothing may run when such an address is opened.
   */
  addressOf?(file: ReviewFile): Promise<string | undefined>
  /** The web origins of such addresses, which the page lets pictures, audio and video come from. */
  fileOrigins?(): Promise<readonly string[]>
  /**
   * Says of a sample what a reviewer says of it; stored when it resolves.
   * @throws FlaggingError `ERR_FLAGGING_NOT_FOUND`
   */
  mark(key: string, mark: Mark): Promise<void>
  /** Whether samples of a dataset can be deleted. */
  canRemove(dataset: string | null): boolean
  /** Deletes samples for good, with what was said of them and their files; gives how many there were. */
  remove(keys: readonly string[]): Promise<number>
}
