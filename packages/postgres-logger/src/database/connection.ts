import { FlaggingError } from '@flagging/core'
import type pg from 'pg'

/** How a database is reached: an address, or what `pg` takes. */
export type Connection = string | pg.PoolConfig

/** Connections that one logger holds at most, where nothing else is said. */
const MAX_CONNECTIONS = 4
const CONNECT_MS = 5000
const KEEP_ALIVE_MS = 10_000

/**
 * What `pg` is told of a connection.
 * @throws FlaggingError `ERR_FLAGGING_OPTION`, without the address, where it is none
 */
export function poolConfig(connection: Connection): pg.PoolConfig {
  const given = typeof connection === 'string' ? { connectionString: connection } : connection
  if (typeof given !== 'object' || given === null) throw noConnection()
  const { connectionString } = given
  if (connectionString !== undefined && !isAddress(connectionString)) throw noConnection()
  return {
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    fallback_application_name: 'flagging',
    ...given,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  }
}

/** Told without the address: there may be a password in it. */
function noConnection(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_OPTION',
    '`connection` must be an address such as postgres://user:password@host:5432/database, or what ' +
      'the Pool of `pg` takes.',
  )
}

function isAddress(text: unknown): boolean {
  if (typeof text !== 'string') return false
  if (text.startsWith('/') || text.startsWith('socket:')) return true
  if (!/^postgres(?:ql)?:\/\//i.test(text)) return false
  // Without a host, a user is nothing that the standard knows.
  return URL.canParse(text) || URL.canParse(text.replace('@/', '@localhost/'))
}

type Parser = (text: string) => unknown

/** What the host says of types in `pg` must not change what we read. */
const PARSERS = new Map<number, Parser>([
  [16, (text) => text === 't'],
  [20, Number],
  [21, Number],
  [23, Number],
  [700, Number],
  [701, Number],
  [114, (text) => JSON.parse(text) as unknown],
  [3802, (text) => JSON.parse(text) as unknown],
  [1184, timeOf],
])

function typeParser(oid: number): Parser {
  return PARSERS.get(oid) ?? String
}

const TIME = /^(\S+) (\S+?)([+-]\d\d)(?::(\d\d))?(?::\d\d)?$/

/** A moment in the output format that every connection is told to use. */
function timeOf(text: string): Date {
  const [, day = '', time = '', hours = '', minutes = '00'] = TIME.exec(text) ?? []
  return new Date(`${day}T${time}${hours}:${minutes}`)
}
