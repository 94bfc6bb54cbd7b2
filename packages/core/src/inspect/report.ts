/** What can be wrong with a flagged directory. Stable: scripts read them. */
export type ProblemCode =
  | 'bad_row'
  | 'hole'
  | 'bad_header'
  | 'torn_tail'
  | 'missing_file'
  | 'wrong_size'
  | 'shared_file'
  | 'not_a_file'
  | 'orphan'
  | 'abandoned_upload'
  | 'component_list'
  | 'unreadable'

/** What is worth knowing and no damage. */
export type NoteCode = 'quarantined' | 'readable_by_others' | 'orphans_unknown'

/** One thing that was found. None of its texts quotes what a row or a file holds. */
interface Finding<Code extends string> {
  readonly code: Code
  /** The folder of the dataset below the directory; `.` for the directory itself. */
  readonly dataset: string
  /** The name of the log. */
  readonly log?: string
  /** The position of the row in its dataset, from 0, as `Sample.n` has it. */
  readonly row?: number
  /** The offset of its first byte in the log. */
  readonly byte?: number
  /** The file, relative to its dataset. */
  readonly file?: string
  readonly bytes?: number
  readonly message: string
}

/** Something that is wrong. */
export type Problem = Finding<ProblemCode>

/** Something that is worth knowing. */
export type Note = Finding<NoteCode>

/** What was counted. */
export interface Counts {
  readonly logs: number
  /** Rows that can be read. */
  readonly rows: number
  /** Files that rows name and that are there. */
  readonly files: number
  /** Of logs and of those files. */
  readonly bytes: number
  /** Files whose size was never recorded, so that only their presence was checked. */
  readonly unrecorded: number
  /** Rows and files that a writer may be at work on: younger than an hour, or under its lock. */
  readonly inFlight: number
  readonly problems: number
  readonly notes: number
}

/** What was counted in one dataset. */
export interface DatasetCounts extends Counts {
  readonly dataset: string
}

/** What `verify` found. */
export interface Report {
  readonly dir: string
  /** Whether there are no problems. */
  readonly ok: boolean
  readonly totals: Counts & { readonly datasets: number }
  readonly datasets: readonly DatasetCounts[]
  /** All of them, or as many as were asked for; the counts are always whole. */
  readonly problems: readonly Problem[]
  readonly notes: readonly Note[]
}
