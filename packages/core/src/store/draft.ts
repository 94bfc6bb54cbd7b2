import type { Sample } from './sample.ts'

/** A sample that was found in a directory and is still to be read. */
export interface Draft {
  /** Whether {@link read} cannot fail: then it need not be called to know that there is a sample. */
  readonly isCertain: boolean
  /** Reads it; throws or rejects with a bad row. */
  read(): Sample | Promise<Sample>
}
