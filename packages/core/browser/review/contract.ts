// What the review routes answer, as `src/routes` of this package writes it.

/** What the page may offer to whoever opened it. */
export interface About {
  readonly options: readonly { readonly label: string; readonly value: string | null }[]
  /** The folders of endpoints; `null` is the flagged directory itself. */
  readonly datasets: readonly (string | null)[]
  /** Whether marks, notes and deletion are allowed. */
  readonly canEdit: boolean
  readonly comment: boolean
  readonly correction: boolean
  /** What cannot be read, and why. */
  readonly notices?: readonly string[]
}

/** What a reviewer said of a sample. */
export interface Mark {
  readonly reviewed: boolean
  readonly note: string | null
  readonly by: string | null
  readonly at: string
}

/** A file of a sample; `url` is relative to the flag routes' own path. */
export interface StoredFile {
  readonly url: string
  readonly type: string
  readonly size: number
  /** Whether a browser may show it; other files are only offered as downloads. */
  readonly isInert: boolean
  /** What the client called it. */
  readonly name?: string
}

/** What is in a cell. */
type CellValue =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'cut'; readonly text: string; readonly length: number }
  | { readonly kind: 'files'; readonly files: readonly StoredFile[] }
  | { readonly kind: 'missing' }

/** A value of a sample, with the column that it is in. */
export interface Cell {
  readonly label: string
  readonly type: string
  readonly column: number
  readonly value: CellValue
}

/** A flagged sample. */
export interface ReviewSample {
  /** Safe in a URL. What follows its last dot is the hash of the row; what comes before may change. */
  readonly key: string
  readonly dataset: string | null
  readonly endpoint: string | null
  readonly log: string
  readonly canDelete: boolean
  readonly option: string | null
  readonly username: string | null
  readonly comment?: string | null
  readonly correction?: unknown
  readonly timestamp?: string | null
  readonly id?: string | null
  readonly status?: number | null
  /** In milliseconds. */
  readonly duration?: number | null
  readonly ended?: string | null
  readonly truncated?: boolean | null
  readonly inputs: readonly Cell[]
  readonly outputs: readonly Cell[]
  readonly review: Mark | null
  /** Why the row cannot be read; then there are no cells. */
  readonly error?: string
}

/** Some samples, and where the others are. */
export interface SamplePage {
  readonly samples: readonly ReviewSample[]
  /** Where to go on; `null` at the end. */
  readonly next: string | null
  /** What to ask with for those that came in since. */
  readonly newest: string
  /** The rows that were looked at for this answer. */
  readonly searched: number
  /** Whether what came in since cannot be told: rows were deleted, or there is another log. */
  readonly reset?: boolean
}

/** A value and how many samples have it. */
export interface ValueCount {
  readonly value: string | null
  readonly count: number
}

/** How many samples there are of each kind. */
export interface Counts {
  readonly total: number
  readonly options: readonly ValueCount[]
  readonly datasets: readonly ValueCount[]
  readonly users: readonly ValueCount[]
  /** `2026-11-22`, or `2026-11` where a log spans many years; ascending. */
  readonly days: readonly { readonly day: string; readonly count: number }[]
  /** How many are marked as reviewed, whatever the filter. */
  readonly reviewed: number
  /** Whether all rows were counted; if not, the same question goes on. */
  readonly done: boolean
}

/** What may be changed of a sample. */
export interface MarkChange {
  readonly reviewed?: boolean
  readonly note?: string | null
}
