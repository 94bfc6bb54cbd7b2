/** What both ways of moving samples are told. */
interface TransferOptions {
  /** The flagged directory. */
  readonly dir: string
  /** The address of the database; `postgres` for what the environment says. */
  readonly database: string
  /** Where files are: a directory, or `s3://bucket/prefix`. Needed where samples have some. */
  readonly files?: string | undefined
  /** The schema of the tables. Default `flagging`. */
  readonly schema?: string | undefined
  /** How many problems are kept of each dataset. Default: all. */
  readonly limit?: number | undefined
  /** Told how much is done, and how much there is: bytes of logs, or samples. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** How samples of a directory are brought into PostgreSQL. */
export interface ImportOptions extends TransferOptions {
  /** What the directory is called in the database. Default: a name of its own, kept in it. */
  readonly source?: string | undefined
  /** Whether tables are made or changed first. Default `false`. */
  readonly migrate?: boolean | undefined
}

/** How samples in PostgreSQL are brought into a directory. */
export interface ExportOptions extends TransferOptions {
  /** The folder of an endpoint; `.` for the samples that lie in none. Default: all. */
  readonly dataset?: string | undefined
  /** Only samples from this time on. ISO 8601. */
  readonly since?: string | undefined
  /** Only samples before this time. ISO 8601. */
  readonly until?: string | undefined
}

/** What can be wrong with a sample that is to be moved. Stable: scripts read them. */
type TransferProblemCode = 'bad_row' | 'changed_log' | 'missing_file' | 'bad_file' | 'refused'

/** One thing that was wrong. None of its texts quotes what a sample holds. */
export interface TransferProblem {
  readonly code: TransferProblemCode
  /** The folder of the dataset; `.` for the directory itself. */
  readonly dataset: string
  readonly message: string
}

/** What was moved. */
export interface TransferCounts {
  /** Samples that this run has stored. */
  readonly samples: number
  /** Their files. */
  readonly files: number
  /** The bytes of these files. */
  readonly bytes: number
  readonly problems: number
}

/** What became of it. */
export interface TransferReport {
  /** The directory, as an absolute path. */
  readonly dir: string
  /** The host and the name of the database: no user, no password. */
  readonly database: string
  readonly schema: string
  /** Whether there are no problems. */
  readonly ok: boolean
  readonly totals: TransferCounts & { readonly datasets: number }
  readonly datasets: readonly (TransferCounts & { readonly dataset: string })[]
  /** Samples that earlier runs have stored. */
  readonly before: number
  /** All of them, or as many as were asked for; the counts are always whole. */
  readonly problems: readonly TransferProblem[]
  /** What is worth knowing and no problem. */
  readonly notes: readonly string[]
}

/** What `@flagging/postgres-logger/command` does for the command `flagging`. */
export interface TransferModule {
  /**
   * Stores the samples of a flagged directory in PostgreSQL, each once, however often it is called.
   * @throws FlaggingError that says what to do; then the next call goes on where this one stopped
   */
  importDirectory(options: ImportOptions): Promise<TransferReport>
  /**
   * Stores the samples in PostgreSQL in a flagged directory that holds nothing else, each once, however
   * often it is called.
   * @throws FlaggingError that says what to do; then the next call goes on where this one stopped
   */
  exportDirectory(options: ExportOptions): Promise<TransferReport>
}
