import { ALL_OWN_COLUMNS, type OwnColumn } from '@flagging/core/store'
import type { Database, Patience } from '../database/database.ts'
import { type ExportFilter, samplesWhere } from './export-filter.ts'

/** What is to be exported of a dataset. */
export interface DatasetPlan {
  readonly samples: number
  /** The columns that some of its samples need. */
  readonly columns: readonly OwnColumn[]
}

/** When a sample needs a column: a log without it says the same. */
const NEEDED: Readonly<Record<OwnColumn, string>> = {
  flag_option: 'option is not null',
  username: 'username is not null',
  comment: 'comment is not null',
  correction: 'correction is not null',
  timestamp: `coalesce(exact->>'timestamp', '') <> 'null'`,
  id: 'interaction is not null',
  endpoint: `endpoint is distinct from nullif(folder, '')`,
  status: 'status is not null',
  duration: 'duration is not null',
  ended: 'ended is not null',
  truncated: 'truncated is not null',
}

/** Few samples may have to be looked for among many. */
export const PATIENCE: Patience = { timeoutMs: 3_600_000 }

/** What is to be exported, by folder; all samples are looked at once for it. */
export async function exportPlan(
  database: Database,
  filter: ExportFilter,
  from: number,
  to: number,
): Promise<ReadonlyMap<string, DatasetPlan>> {
  const { schema } = database
  const { where, values } = samplesWhere(filter, schema, from, to)
  const needed = ALL_OWN_COLUMNS.map(
    (name) => `coalesce(bool_or(${NEEDED[name]}), false) as ${name}`,
  )
  const rows = await database.query<
    { folder: string; samples: number } & Record<OwnColumn, boolean>
  >(
    `select folder, count(*) as samples, ${needed.join(', ')}
      from ${schema}.samples s join ${schema}.datasets d on d.id = s.dataset
      where ${where} group by folder`,
    values,
    PATIENCE,
  )
  return new Map(
    rows.map((row) => [
      row.folder,
      { samples: row.samples, columns: ALL_OWN_COLUMNS.filter((name) => row[name]) },
    ]),
  )
}
