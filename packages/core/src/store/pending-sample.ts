import type { FlaggingError } from '../errors.ts'
import type { RowKey } from './row-key.ts'
import type { SampleRow } from './sample-row.ts'
import type { StagedFiles } from './staged-files.ts'

/** A sample on its way, with what became of it. */
export interface PendingSample {
  readonly row: SampleRow
  /** Absent where the sample is all in its row. */
  readonly files: StagedFiles | undefined
  /** Told of where the row stands once it is stored; mostly nobody asks. */
  readonly noted: ((key: RowKey) => void) | undefined
  readonly since: number
  readonly resolve: (count: number) => void
  readonly reject: (error: FlaggingError) => void
  count: number | undefined
  error: unknown
}
