import type { Component } from '../components.ts'
import type { FlaggingError } from '../errors.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import type { SampleDetails } from './sample.ts'

/** A sample exactly as a log of a flagged directory holds it: for those who store it elsewhere. */
export interface StoredSample {
  /** The folder of its endpoint; `null` where it lies in the flagged directory itself. */
  readonly dataset: string | null
  /** The name of its log. */
  readonly log: string
  /** The offset of its row in the log. */
  readonly start: number
  /** The offset behind its row: where reading goes on. */
  readonly end: number
  /** The components of its log, with their roles, in the order of the columns. */
  readonly components: readonly Component[]
  /** Their values. Files can be read as long as they lie there. */
  readonly values: readonly FlagValue[]
  /** The exact JSON text of a value, at its position, where the JavaScript value cannot hold it. */
  readonly json: readonly (string | undefined)[] | undefined
  readonly option: string | null
  readonly username: string | null
  readonly endpoint: string | null
  readonly details: SampleDetails
  /** The exact JSON text of the correction, where the JavaScript value cannot hold it. */
  readonly correctionJSON: string | undefined
  /** The text of the row's cells: what tells it from others. */
  readonly cells: readonly string[]
}

/** How a flagged directory is read by those who store its samples elsewhere. */
export interface StoredOptions {
  /** Where to start in a log, by its name: with its folder in front, if it is an endpoint's. */
  readonly from?: ReadonlyMap<string, number> | undefined
  /** Told of each row that is left out because it cannot be read, and in which dataset's folder. */
  readonly onBad?: ((problem: FlaggingError, dataset: string | null) => void) | undefined
}
