import type { Mix } from './samples.ts'

/** What a writer is told to do, as one line of JSON on its stdin. */
export interface Job {
  readonly dir: string
  /** Stands before the number of each sample; no two jobs on a dataset share one. */
  readonly name: string
  readonly mix: Mix
  /** How many flags; default: until it is told to stop. */
  readonly flags?: number
  /** How many flags wait at once. Default 4. */
  readonly concurrency?: number
  readonly fsync?: 'batch' | 'none'
  /** Of so many samples that it stored, it deletes one. Default: none. */
  readonly deletes?: number
}

/**
 * What else it is told: to stop flagging and close; to open files until it may not open more, and to
 * close those again.
 */
export type Order = 'stop' | 'hog' | 'free'

/** Why a flag was rejected. */
export interface Rejection {
  readonly id: string
  readonly code: string
  /** The code of the system call behind it, or an empty text. */
  readonly errno: string
}

/** What became of a job. */
export interface Outcome {
  readonly sent: string[]
  readonly acknowledged: string[]
  /** Those that it began to delete. */
  readonly doomed: string[]
  /** Those that it deleted. */
  readonly deleted: string[]
  readonly rejected: Rejection[]
  /** Codes of what `onError` was told. */
  readonly reports: string[]
  /** Milliseconds of the flag that took longest. */
  longest: number
  /** Whether it closed its logger; a killed one did not. */
  closed: boolean
}
