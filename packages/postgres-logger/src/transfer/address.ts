import { FlaggingError } from '@flagging/core'
import pg from 'pg'
import { type Connection, poolConfig } from '../database/connection.ts'

/** What stands for the environment's database. */
const ENVIRONMENT = 'postgres'
/** Any of these says which database is meant. */
const VARIABLES = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE'] as const

/** A database that somebody named. */
export interface Address {
  readonly connection: Connection
  /** Its host, port and name: nothing of who asks. */
  readonly shown: string
}

/**
 * The database that an address names; `postgres` stands for `DATABASE_URL`, else for what the `PG*`
 * variables say.
 * @throws FlaggingError `ERR_FLAGGING_OPTION`, without the address, for there may be a password in it
 */
export function addressOf(given: string): Address {
  const connection = given === ENVIRONMENT ? fromEnvironment() : given
  const { host, port, database } = clientOf(connection)
  const place = host.startsWith('/') ? host : `${host}:${port}`
  return { connection, shown: `${place}/${database ?? ''}` }
}

function fromEnvironment(): Connection {
  const { env } = process
  if (env['DATABASE_URL']) return env['DATABASE_URL']
  if (VARIABLES.some((name) => env[name])) return {}
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    '`postgres` stands for the database that the environment names, and it names none: set ' +
      'DATABASE_URL, or PGHOST, PGDATABASE and PGUSER.',
  )
}

function clientOf(connection: Connection): pg.Client {
  const config = poolConfig(connection)
  try {
    return new pg.Client(config)
  } catch {
    // What it says quotes the address.
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      'The address of the database cannot be read: write postgres://user:password@host:5432/database, ' +
        'with %25 and the like for signs that mean something in an address.',
    )
  }
}
