import { resolve } from 'node:path'
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
   * than some 8 seconds. Default `false`: they go through an outbox on the local disk.
   */
  readonly direct?: boolean
  /** The outbox on the local disk. */
  readonly outbox?: OutboxOptions
  /**
   * Whether flags by id are passed to the instance that holds the interaction, and how many
   * milliseconds it has to come forward. Default `{ waitMs: 2000 }`; `false`: where another instance
   * holds it, a flag is a 404.
   */
  readonly passFlags?: PassFlags | false
  /**
   * Whether the review page gets pictures, audio, video and downloads from addresses that the file store
   * signs for a while, rather than through this process; for stores that have such addresses, as
   * `S3Files` has. Default `false`.
   */
  readonly presign?: boolean
}

/** Where samples wait for the database, and how many. */
export interface OutboxOptions {
  /**
   * Its directory, on a local disk; several processes of one machine may have the same. Default:
   * `.outbox` in the flagged directory.
   */
  readonly dir?: string
  /** Bytes that this process takes of the disk at most; beyond, flags are rejected. Default 1 GiB. */
  readonly maxBytes?: number
  /** From how many on `onError` is told, once until there are fewer again. Default: half of `maxBytes`. */
  readonly alarmBytes?: number
}

/** How flags are passed to other instances. */
export interface PassFlags {
  /** Milliseconds, from 100 to 30,000. Default 2000. */
  readonly waitMs?: number
}

/** The options, checked and with their defaults. */
export interface ResolvedOptions extends Required<
  Omit<PostgresLoggerOptions, 'passFlags' | 'outbox'>
> {
  readonly outbox: {
    readonly dir: string | undefined
    readonly maxBytes: number
    readonly alarmBytes: number
  }
  readonly passFlags: Required<PassFlags> | false
}

const NAMES = [
  'connection',
  'files',
  'schema',
  'partitions',
  'direct',
  'outbox',
  'passFlags',
  'presign',
]
const MAX_BYTES = 1024 ** 3
const FEWEST_BYTES = 1024 ** 2
const WAIT_MS = 2000
const SHORTEST_WAIT_MS = 100
const LONGEST_WAIT_MS = 30_000
const STORE_METHODS = ['put', 'open', 'remove', 'check', 'close'] as const

/**
 * Checks the options and fills in the defaults.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead
 */
export function resolveOptions(given: PostgresLoggerOptions): ResolvedOptions {
  if (typeof given !== 'object' || given === null) {
    throw bad('takes an object of options: { connection, files }')
  }
  checkNames(given, NAMES, 'option')
  const { connection, files, schema = 'flagging', partitions = 'month' } = given
  const { direct = false, presign = false } = given
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
  if (typeof presign !== 'boolean') throw bad('takes `presign` as true or false')
  if (presign && typeof files.presign !== 'function') {
    throw bad('takes `presign: true` with files that have signed addresses, such as S3Files')
  }
  if (direct && given.outbox !== undefined) throw bad('has no `outbox` with `direct`: choose one')
  const outbox = resolveOutbox(given.outbox)
  const passFlags = resolvePassFlags(given.passFlags)
  return { connection, files, schema, partitions, direct, outbox, passFlags, presign }
}

function resolveOutbox(given: unknown = {}): ResolvedOptions['outbox'] {
  if (typeof given !== 'object' || given === null) throw bad('takes `outbox` as an object')
  checkNames(given, ['dir', 'maxBytes', 'alarmBytes'], '`outbox` with')
  const { dir, maxBytes = MAX_BYTES, alarmBytes = maxBytes / 2 } = given as OutboxOptions
  if (dir !== undefined && (typeof dir !== 'string' || dir === '')) {
    throw bad('takes `outbox.dir` as the path of a directory')
  }
  if (typeof maxBytes !== 'number' || !(maxBytes >= FEWEST_BYTES)) {
    throw bad(`takes \`outbox.maxBytes\` from ${FEWEST_BYTES} on`)
  }
  if (typeof alarmBytes !== 'number' || !(alarmBytes >= 0)) {
    throw bad('takes `outbox.alarmBytes` as a number of bytes')
  }
  return { dir: dir === undefined ? undefined : resolve(dir), maxBytes, alarmBytes }
}

function resolvePassFlags(given: unknown = {}): Required<PassFlags> | false {
  if (given === false) return false
  if (typeof given !== 'object' || given === null)
    throw bad('takes `passFlags` as { waitMs } or false')
  checkNames(given, ['waitMs'], '`passFlags` with')
  const { waitMs = WAIT_MS } = given as PassFlags
  if (typeof waitMs === 'number' && waitMs >= SHORTEST_WAIT_MS && waitMs <= LONGEST_WAIT_MS) {
    return { waitMs }
  }
  throw bad(`takes \`passFlags.waitMs\` from ${SHORTEST_WAIT_MS} to ${LONGEST_WAIT_MS}`)
}

function checkNames(given: object, names: readonly string[], what: string): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw bad(`has no ${what} \`${name}\`; it has ${names.join(', ')}`)
    }
  }
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `PostgresLogger ${what}`)
}
