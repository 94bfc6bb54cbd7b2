import { createHash } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import type { Database, Query } from './database.ts'
import { notMigrated } from './database-errors.ts'
import { type Names, quoted } from './names.ts'
import { schema1 } from './schema-1.ts'

/** How long the samples of one partition have come in for. */
export type Partitions = 'month' | 'day'

/** What leads from each version to the next: only ever added to. */
const MIGRATIONS: readonly ((names: Names) => string)[] = [schema1]

/** The version of the tables that this version of the package works with. */
export const SCHEMA_VERSION: number = MIGRATIONS.length

const OLDEST_SERVER = 140_000
/** Tables of millions of rows may get an index. */
const PATIENCE = { timeoutMs: 3_600_000 }

/** What is found of our tables. */
export interface Found {
  /** 0 where there are none. */
  readonly version: number
  /** How they are partitioned, whatever the options say. */
  readonly partitions: Partitions
}

/**
 * Makes or updates the tables. Any number of instances may do so at once: each step is one transaction
 * behind a lock. Where nothing is left to do, no right to change anything is needed.
 * @param partitions how samples are partitioned, if this makes their table
 * @throws FlaggingError `ERR_FLAGGING_STORE`, also where the tables are of a newer version
 */
export async function migrate(database: Database, partitions: Partitions): Promise<Found> {
  let found = await lookUp(database)
  await checkServer(database)
  while (found.version < SCHEMA_VERSION) {
    const next = found.version + 1
    await database.transaction(async (query) => {
      await lock(query, database, 'migrations')
      if ((await versionOf(query, database)) < next) await step(query, database, next, partitions)
    }, PATIENCE)
    found = await lookUp(database)
  }
  return found
}

/**
 * What is there of our tables.
 * @throws FlaggingError `ERR_FLAGGING_STORE` where they are of a newer version
 */
export async function lookUp(database: Database): Promise<Found> {
  return database.transaction(async (query) => {
    const version = await versionOf(query, database)
    if (version > SCHEMA_VERSION) throw notMigrated(version, SCHEMA_VERSION)
    if (version === 0) return { version, partitions: 'month' }
    const [setting] = await query<{ value: Partitions }>(
      `select value from ${database.schema}.settings where name = 'partitions'`,
    )
    return { version, partitions: setting?.value ?? 'month' }
  })
}

/**
 * Checks that the tables are those that this version needs, and changes nothing.
 * @throws FlaggingError `ERR_FLAGGING_STORE` that says what to do
 */
export async function checkMigrated(database: Database): Promise<Found> {
  const found = await lookUp(database)
  if (found.version !== SCHEMA_VERSION) throw notMigrated(found.version, SCHEMA_VERSION)
  return found
}

/** Waits until nobody else does such a thing with these schemas; to the end of the transaction. */
export async function lock(query: Query, { name }: Names, what: string): Promise<void> {
  const key = createHash('sha256').update(`flagging\0${name}\0${what}`).digest()
  await query('select pg_advisory_xact_lock($1)', [key.readBigInt64BE().toString()])
}

/** Whether a table is there. Only the catalog says so: what the server remembers of names may be old. */
export async function hasTable(query: Query, { name }: Names, table: string): Promise<boolean> {
  const found = await query('select from pg_tables where schemaname = $1 and tablename = $2', [
    name,
    table,
  ])
  return found.length > 0
}

async function versionOf(query: Query, names: Names): Promise<number> {
  if (!(await hasTable(query, names, 'migrations'))) return 0
  const { schema } = names
  const [row] = await query<{ version: number | null }>(
    `select max(version) as version from ${schema}.migrations`,
  )
  return row?.version ?? 0
}

async function step(
  query: Query,
  database: Database,
  version: number,
  partitions: Partitions,
): Promise<void> {
  const { name, viewsName, schema } = database
  if (version === 1) {
    for (const one of [name, viewsName]) await makeSchema(query, one)
    await query(
      `create table ${schema}.migrations (
        version integer primary key,
        applied_at timestamptz not null default now()
      )`,
    )
  }
  await query(MIGRATIONS[version - 1]?.(database) ?? '')
  if (version === 1) {
    await query(`insert into ${schema}.settings values ('partitions', $1)`, [partitions])
  }
  await query(`insert into ${schema}.migrations (version) values ($1)`, [version])
}

async function makeSchema(query: Query, name: string): Promise<void> {
  const found = await query('select from pg_namespace where nspname = $1', [name])
  // Asking for what is there already would take the right to make it.
  if (found.length === 0) await query(`create schema ${quoted(name)}`)
}

async function checkServer(database: Database): Promise<void> {
  const [server] = await database.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::integer as version,
      current_setting('server_encoding') as encoding`,
  )
  const { version = 0, encoding = '' } = server ?? {}
  if (version < OLDEST_SERVER) {
    const message = `PostgreSQL 14 or later is needed; the server says ${version}.`
    throw new FlaggingError('ERR_FLAGGING_OPTION', message)
  }
  if (encoding !== 'UTF8') {
    const message = `The database must have the encoding UTF8, not ${encoding}: make another one.`
    throw new FlaggingError('ERR_FLAGGING_OPTION', message)
  }
}
