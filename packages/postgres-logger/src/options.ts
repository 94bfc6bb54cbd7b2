import { FlaggingError } from '@flagging/core'
import type { Connection } from './database/connection.ts'
import type { Partitions } from './database/migrations.ts'
import type { FileStore } from './files/file-store.ts'

/** The options of a `PostgresLogger`. */
export interface PostgresLoggerOptions {
  /**
   * The database: an address such as `postgres://user:password@host:5432/database`, or what the pool of
   * `pg` takes; an empty object for what `PGHOST`, `PGUSER` and so on say. At most 4 connections are
   * held unless `max` says otherwise.
   */
  readonly connection: Connection
  /** Where files go, such as `new DirectoryFiles(dir)` or `new S3Files({ bucket })`. */
  readonly files: FileStore
  /** The schema of the tables; that of the views has `_views` behind it. Default `flagging`. */
  readonly schema?: string
  /**
   * How long the samples of one partition of the table come in for, as the first `migrate()` makes it:
   * it stays so. `day` is for some millions of samples a day. Default `month`.
   */
  readonly partitions?: Partitions
  /**
   * Whether samples go straight into the database, and flags are rejected where it is away for more
   * than some 8 seconds. Default `false`.
   */
  readonly direct?: boolean
}

/** The options, checked and with their defaults. */
export type ResolvedOptions = Required<PostgresLoggerOptions>

const NAMES = ['connection', 'files', 'schema', 'partitions', 'direct']
const STORE_METHODS = ['put', 'open', 'remove', 'check', 'close'] as const

/**
 * Checks the options and fills in the defaults.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead
 */
export function resolveOptions(given: PostgresLoggerOptions): ResolvedOptions {
  if (typeof given !== 'object' || given === null) {
    throw bad('takes an object of options: { connection, files }')
  }
  for (const name of Object.keys(given)) {
    if (!NAMES.includes(name)) throw bad(`has no option \`${name}\`; it has ${NAMES.join(', ')}`)
  }
  const { connection, files, schema = 'flagging', partitions = 'month', direct = false } = given
  if (connection === undefined) {
    throw bad('needs `connection`: an address, or {} for what PGHOST and so on say')
  }
  const isStore = STORE_METHODS.every(
    (name) => typeof (files as Partial<FileStore> | undefined)?.[name] === 'function',
  )
  if (!isStore) throw bad('needs `files`: new DirectoryFiles(dir), or new S3Files({ bucket })')
  if (partitions !== 'month' && partitions !== 'day') {
    throw bad("takes `partitions` as 'month' or 'day'")
  }
  if (typeof direct !== 'boolean') throw bad('takes `direct` as true or false')
  return { connection, files, schema, partitions, direct }
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `PostgresLogger ${what}`)
}
