import { FlaggingError } from '@flagging/core'
import { Database } from '../database/database.ts'
import { SCHEMA_VERSION, lookUp, migrate } from '../database/migrations.ts'
import type { FileStore } from '../files/file-store.ts'
import { addressOf } from './address.ts'
import { filesPlace } from './files-place.ts'

/** How the tables of samples are partitioned where an import makes them. */
const PARTITIONS = 'month'

/** The database and the files of one who moves samples. */
export interface StoreAt {
  readonly database: Database
  readonly files: FileStore
  /** The host and the name of the database: nothing of who asks. */
  readonly shown: string
  close(): Promise<void>
}

/**
 * Opens a store; nothing is asked of it yet.
 * @throws FlaggingError `ERR_FLAGGING_OPTION`
 */
export async function storeAt(
  address: string,
  schema: string,
  place: string | undefined,
): Promise<StoreAt> {
  const { connection, shown } = addressOf(address)
  const files = await filesPlace(place)
  const database = new Database(connection, schema)
  return {
    database,
    files,
    shown,
    async close() {
      await Promise.allSettled([database.close(), files.close()])
    },
  }
}

/**
 * Sees to it that the tables are those of this version.
 * @param migrates whether they may be made or changed
 * @throws FlaggingError that says what to do
 */
export async function readyTables(database: Database, migrates: boolean): Promise<void> {
  if (migrates) await migrate(database, PARTITIONS)
  const { version } = await lookUp(database)
  if (version === SCHEMA_VERSION) return
  const what = version === 0 ? 'no tables of ours' : 'tables of an older version'
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `The schema ${database.name} has ${what}: \`await logger.migrate()\` makes those that are needed, ` +
      'and so does `flagging import DIR --to DATABASE --migrate`.',
  )
}
