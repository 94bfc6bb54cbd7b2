import type { FlagValue, JSONValue } from '../sample/flag-value.ts'

/** A sample as it is downloaded. */
export interface DownloadSample {
  /** The folder of its endpoint; `null` where it lies in the flagged directory itself. */
  readonly dataset: string | null
  /** The name of the log that holds its row. */
  readonly log: string
  /** In the order of the log. No label comes twice, be it among the inputs or the outputs. */
  readonly inputs: readonly DownloadValue[]
  readonly outputs: readonly DownloadValue[]
  readonly option: string | null
  readonly username: string | null
  /** What else its log says of it: comment, correction, timestamp, id ... as far as it has them. */
  readonly details: Readonly<Record<string, JSONValue>>
  /** What a reviewer said of it; `null` where nobody did. */
  readonly review: { readonly reviewed: boolean; readonly note: string | null } | null
}

/** One value of a sample. What is missing is `null`. */
export interface DownloadValue {
  readonly label: string
  readonly value: FlagValue
}

/** The columns of a selection, which a table must have before its first row. */
export interface DownloadColumns {
  /** The labels of all inputs and outputs that its samples have, each once. */
  readonly labels: readonly string[]
  /** The names of all details that they have, each once. */
  readonly details: readonly string[]
}
