import { setTimeout as sleep } from 'node:timers/promises'
import { FlaggingError, type Removal, type RowKey } from '@flagging/core'
import type { Database, Query } from '../database/database.ts'
import type { FileStore } from '../files/file-store.ts'
import { idOfHash } from './sample-id.ts'
import { indexable, storableText } from './storable-text.ts'
import type { StoredRow } from './stored-row.ts'

/** What stands for the log in the keys of our rows. */
export const LOG = 'samples'

const HASH = /^[\w-]{22}$/
const FILE_TRIES = 3
const PAUSE_MS = 200
/** The last moment that JavaScript knows. */
const LAST_MS = 8.64e15

type Deleted = Pick<StoredRow, 'files'>

/**
 * Deletes samples of a dataset, rows first and then their files, and gives how many there were.
 * @param onError told of files that could not be deleted: no sample names them any more
 * @throws FlaggingError `ERR_FLAGGING_BAD_REQUEST` for what is no row of ours; `ERR_FLAGGING_STORE`:
 * then nothing was deleted
 */
export async function removeSamples(
  database: Database,
  files: FileStore,
  folder: string,
  which: Removal,
  onError: (error: unknown) => void,
): Promise<number> {
  const { schema } = database
  const remove = 'rows' in which ? byKeys(schema, which.rows) : byId(schema, which)
  const deleted = await database.transaction(async (query) => {
    const [dataset] = await query<{ id: number }>(
      `select id from ${schema}.datasets where folder = $1`,
      [storableText(folder)],
    )
    if (dataset === undefined) return []
    const rows = await remove(query, dataset.id)
    await query(`update ${schema}.datasets set samples = samples - $1 where id = $2`, [
      rows.length,
      dataset.id,
    ])
    return rows
  })
  await removeFiles(files, deleted, onError)
  return deleted.length
}

type Remove = (query: Query, dataset: number) => Promise<Deleted[]>

function byId(schema: string, { id, username }: Exclude<Removal, { rows: unknown }>): Remove {
  const user = typeof username === 'string' ? indexable(username).text : username
  return (query, dataset) =>
    query<Deleted>(
      `delete from ${schema}.samples where dataset = $1 and interaction = $2 and by_hand
        and ($3 or username is not distinct from $4) returning files`,
      [dataset, indexable(id).text, user === undefined, user ?? null],
    )
}

function byKeys(schema: string, keys: readonly RowKey[]): Remove {
  for (const key of keys) checkKey(key)
  if (keys.length === 0) return () => Promise.resolve([])
  const times = keys.map(({ offset }) => offset)
  const moments = [Math.min(...times), Math.max(...times), ...times].map(momentOf)
  const [first, last, ...all] = moments
  return (query, dataset) =>
    query<Deleted>(
      `delete from ${schema}.samples where dataset = $1 and at between $2 and $3 and (id, at) in
        (select * from unnest($4::uuid[], $5::timestamptz[])) returning files`,
      [dataset, first, last, keys.map(({ hash }) => idOfHash(hash)), all],
    )
}

function checkKey({ log, offset, hash }: RowKey): void {
  if (log === LOG && HASH.test(hash) && offset >= 0 && offset <= LAST_MS) return
  const message = `A row is named by the log '${LOG}', its time as offset, and its hash`
  throw new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}

/** A moment of after the year 9999, which has no sample, is written in another way. */
function momentOf(ms: number): string {
  return new Date(Math.min(ms, Date.UTC(9999, 11, 31))).toISOString()
}

async function removeFiles(
  files: FileStore,
  deleted: readonly Deleted[],
  onError: (error: unknown) => void,
): Promise<void> {
  const keys = deleted.flatMap((row) => Object.values(row.files ?? {}).flat()).map(({ key }) => key)
  if (keys.length === 0) return
  for (let tries = 1; ; tries++) {
    try {
      return await files.remove(keys)
    } catch (cause) {
      if (tries < FILE_TRIES) {
        await sleep(PAUSE_MS * tries)
        continue
      }
      const message =
        `The files of deleted samples could not be deleted: no sample names them any more. ` +
        `Delete them in their store: ${keys.join(', ')}`
      return onError(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
    }
  }
}
