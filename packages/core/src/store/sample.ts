import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import type { Ended } from '../sample/interaction.ts'

/** A flagged interaction, read back from a flagged directory. */
export interface Sample {
  /** The position of its row in its dataset, over all logs, from 0. Rows left out count too. */
  readonly n: number
  /** The values of the input columns, by label. What is missing is `null`. */
  readonly inputs: Readonly<Record<string, FlagValue>>
  /** The values of the output columns, by label. What is missing is `null`. */
  readonly outputs: Readonly<Record<string, FlagValue>>
  /** Why it was flagged; `null` where nobody said so. */
  readonly option: string | null
  /** Who flagged it; `null` where that is not known. */
  readonly username: string | null
  /** The endpoint, such as `calculate`; `null` where the dataset lies in the directory itself. */
  readonly endpoint: string | null
  readonly details: SampleDetails
}

/**
 * What is known of a sample beside its values. A property is absent where the log has no such column
 * and `null` where the column says nothing that can be read.
 */
export interface SampleDetails {
  /** The name of the log that holds the row; `null` for a file of a folder without logs. */
  readonly log: string | null
  /** The labels of columns whose file is gone. */
  readonly missing: readonly string[]
  readonly comment?: string | null
  readonly correction?: JSONValue
  /** As it stands in the log: ISO 8601 in ours, local time without a zone in Gradio's. */
  readonly timestamp?: string | null
  readonly id?: string | null
  readonly status?: number | null
  /** Milliseconds. */
  readonly duration?: number | null
  readonly ended?: Ended | null
  readonly truncated?: boolean | null
}
