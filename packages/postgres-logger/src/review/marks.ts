import type { Mark } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import { storableText } from '../samples/storable-text.ts'
import type { KeyPlace } from './key-place.ts'

/**
 * Says of a sample what a reviewer says of it. What a text of PostgreSQL cannot hold, such as NUL, is
 * replaced.
 * @returns whether the sample is there
 */
export async function setMark(
  database: Database,
  { id, at, dataset }: KeyPlace,
  { reviewed, note, by, at: saidAt }: Mark,
): Promise<boolean> {
  const { schema } = database
  const isSaid = reviewed || note !== null
  const told = (text: string | null) => (text === null ? null : storableText(text))
  const found = await database.query(
    `update ${schema}.samples
      set reviewed = $1, note = $2, reviewed_by = $3, reviewed_at = $4::timestamptz
      where id = $5::uuid and dataset = $6 and at >= $7::timestamptz and at < $8::timestamptz
      returning id`,
    [
      reviewed,
      told(note),
      isSaid ? told(by) : null,
      isSaid ? saidAt : null,
      id,
      dataset,
      new Date(at).toISOString(),
      new Date(at + 1).toISOString(),
    ],
  )
  return found.length > 0
}
