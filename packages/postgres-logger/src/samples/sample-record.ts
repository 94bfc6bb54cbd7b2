import type { Component, FlagValue, JSONValue } from '@flagging/core'

/** A sample on its way into the database. */
export interface SampleRecord {
  /** A UUID: the same for a retry of the same flag, and for nothing else. */
  readonly id: string
  /** When its request came in; with `id`, the key of its row. */
  readonly at: Date
  /** False where nobody knows when that was, and `at` is as near as can be. Default `true`. */
  readonly isTimed?: boolean | undefined
  /** The folder of its endpoint; the empty string for the flagged directory itself. */
  readonly folder: string
  readonly components: readonly Component[]
  /** In the order of the components. */
  readonly values: readonly FlagValue[]
  /** The exact JSON text of a value, at its position, where the JavaScript value cannot hold it. */
  readonly json?: readonly (string | undefined)[] | undefined
  readonly option: string | null
  readonly username: string | null
  readonly comment: string | null
  readonly correction: JSONValue
  /** The exact JSON text of the correction, where the JavaScript value cannot hold it. */
  readonly correctionJSON?: string | undefined
  /** The id of its interaction; `null` where it is not known. */
  readonly interaction: string | null
  readonly endpoint: string | null
  readonly method: string | null
  readonly status: number | null
  /** Milliseconds. */
  readonly duration: number | null
  readonly ended: 'complete' | 'aborted' | 'error' | null
  readonly truncated: boolean | null
  readonly byHand: boolean | null
}
