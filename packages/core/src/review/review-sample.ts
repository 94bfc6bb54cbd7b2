import type { ComponentType } from '../components.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { Ended } from '../sample/interaction.ts'
import type { Mark } from './marks.ts'

/** A stored file, as the one who looks a sample up knows it. */
export interface ReviewFile {
  /** Where its store finds it: an absolute path, or the key of an object. */
  readonly path: string
  /** The name that the client gave, where the log says so. */
  readonly name: string | undefined
  readonly type: string
  readonly size: number
  /** Where it lies below its dataset's folder, with `/`. */
  readonly storedAs: string | undefined
}

/** The value of a cell, with its files as places in their store. */
export type ReviewValue =
  | { readonly kind: 'json'; readonly value: FlagValue }
  /**
   * The start of a value that is too long for a list, and how many characters it has; of one that is
   * nested too deep, all of its text.
   */
  | { readonly kind: 'cut'; readonly text: string; readonly length: number }
  | { readonly kind: 'files'; readonly files: readonly ReviewFile[] }
  /** Its file is gone. */
  | { readonly kind: 'missing' }

/** A cell of a sample. */
export interface ReviewCell {
  readonly label: string
  readonly type: ComponentType
  /** The position of its column in the log. */
  readonly column: number
  readonly value: ReviewValue
}

/** A sample as a reviewer sees it. */
export interface ReviewSample {
  /** Names the sample in addresses; see `encodeKey`. */
  readonly key: string
  /** The folder of its endpoint; `null` where it lies in the flagged directory itself. */
  readonly dataset: string | null
  readonly endpoint: string | null
  readonly log: string
  /** Whether its log is ours, and not Gradio's. */
  readonly isOwn: boolean
  readonly option: string | null
  readonly username: string | null
  readonly inputs: readonly ReviewCell[]
  readonly outputs: readonly ReviewCell[]
  readonly review: Mark | null
  /** Why the row cannot be read, if it cannot: then it has no cells. */
  readonly error?: string
  // Absent where the log has no such column.
  readonly comment?: string | null
  readonly correction?: unknown
  readonly timestamp?: string | null
  readonly id?: string | null
  readonly status?: number | null
  readonly duration?: number | null
  readonly ended?: Ended | null
  readonly truncated?: boolean | null
}
