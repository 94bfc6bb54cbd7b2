import type { FileSystem } from '../store/file-system.ts'
import type { Problem, ProblemCode } from './report.ts'

/** Something that was mended; in a dry run, that would be. */
export interface Action {
  /** The problem that it was. */
  readonly code: ProblemCode
  readonly dataset: string
  readonly log?: string
  /** The file, relative to its dataset. */
  readonly file?: string
  readonly bytes?: number
  /** Where it is now, relative to its dataset; absent if it was deleted, or in a dry run. */
  readonly to?: string
  readonly message: string
}

/** Why something was left as it is. */
export type LeftCode = ProblemCode | 'locked' | 'no_lock' | 'other_owner' | 'not_writable'

/** Something that could not be mended. */
export interface Left extends Omit<Problem, 'code'> {
  readonly code: LeftCode
}

/** What `repair` did. */
export interface RepairReport {
  readonly dir: string
  readonly dryRun: boolean
  /** Whether nothing is left that is wrong. */
  readonly ok: boolean
  readonly actions: readonly Action[]
  readonly left: readonly Left[]
}

/** What mending needs of a dataset. */
export interface MendContext {
  readonly fs: FileSystem
  /** The dataset's folder. */
  readonly dir: string
  /** Its `.flagging`. */
  readonly folder: string
  /** Whether rows that cannot be read are moved aside for whatever reason, not for NUL bytes alone. */
  readonly rows: boolean
  /** Told of each thing that was done. */
  readonly done: (action: Omit<Action, 'dataset'>) => void
}
