import { FlaggingError } from '@flagging/core'
import pg from 'pg'

/** What is behind the name of the schema in that of the views'. */
const VIEWS = '_views'
/** PostgreSQL cuts longer names. */
const MAX_BYTES = 63

/** The schemas of one store. */
export interface Names {
  /** The name of the schema as it was given. */
  readonly name: string
  /** The name of the schema of the views. */
  readonly viewsName: string
  /** The schema of the tables, quoted: ready to stand in SQL. */
  readonly schema: string
  /** The schema of the views, quoted. */
  readonly views: string
}

/**
 * The schemas of a store.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for what is no name
 */
export function namesOf(name: unknown): Names {
  const isName = typeof name === 'string' && name !== '' && !/[\0\ud800-\udfff]/u.test(name)
  if (!isName || Buffer.byteLength(name) > MAX_BYTES - VIEWS.length || /^pg_/i.test(name)) {
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      '`schema` must be the name of a schema: 1 to ' +
        `${MAX_BYTES - VIEWS.length} bytes that do not start with pg_.`,
    )
  }
  const viewsName = `${name}${VIEWS}`
  return { name, viewsName, schema: quoted(name), views: quoted(viewsName) }
}

/** A name as it stands in SQL. */
export function quoted(name: string): string {
  return pg.escapeIdentifier(name)
}

/** The start of a name that PostgreSQL keeps whole, with room for some bytes behind it. */
export function fitted(name: string, room = 0): string {
  let bytes = 0
  let end = 0
  for (const char of name) {
    bytes += Buffer.byteLength(char)
    if (bytes > MAX_BYTES - room) break
    end += char.length
  }
  return name.slice(0, end)
}
