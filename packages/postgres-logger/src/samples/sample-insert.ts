import type { Database, Query, QueryPatience } from '../database/database.ts'
import { databaseGone } from '../database/database-errors.ts'
import { storableText } from './storable-text.ts'

const DAY_MS = 86_400_000
const NONE: ReadonlySet<string> = new Set()

/** A row that is ready to be inserted. */
export interface ReadyRow {
  readonly id: string
  readonly at: Date
  readonly folder: string
  readonly isPosted: boolean
  /** JSON text. */
  readonly row: string
}

/** What is to be done in the transaction that inserts rows, behind them. */
export type Also = (query: Query) => Promise<void>

/** How many samples a dataset has. */
interface Count {
  readonly folder: string
  readonly samples: number
  /** Whether rows of it were inserted. */
  readonly isFresh: boolean
}

/**
 * Inserts rows, each once and in their order, and counts them, all in one transaction.
 * @param folders of datasets whose counts are wanted although no row is for them
 * @returns the number of samples of each dataset behind it, by folder
 */
export async function insertRows(
  database: Database,
  rows: readonly ReadyRow[],
  folders: readonly string[],
  patience: QueryPatience,
  also?: Also,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set([...rows.map((row) => row.folder), ...folders].map(storableText))]
  const insert = (): Promise<Count[]> => inserted(database, rows, wanted, patience, also)
  const counts = await insert().catch((error: unknown) => {
    // A partition was attached meanwhile, and takes them from now on.
    if (isMisplaced(error)) return insert()
    throw error
  })
  const old = counts.filter(({ isFresh }) => !isFresh).map(({ folder }) => folder)
  // Whoever stored a row at the same time is seen by a later statement only.
  const anew = old.length === 0 ? [] : await countsOf(database, old, patience)
  const byFolder = new Map([...counts, ...anew].map(({ folder, samples }) => [folder, samples]))
  for (const folder of wanted) if (!byFolder.has(folder)) throw databaseGone(folder)
  return byFolder
}

function countsOf(
  database: Database,
  folders: readonly string[],
  patience: QueryPatience,
): Promise<Omit<Count, 'isFresh'>[]> {
  const text = `select folder, samples from ${database.schema}.datasets where folder = any($1::text[])`
  return database.query(text, [folders], patience)
}

/** Whether a row is not for the partition that it was on its way into. */
function isMisplaced(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return cause?.code === '23514'
}

async function inserted(
  database: Database,
  rows: readonly ReadyRow[],
  wanted: readonly string[],
  patience: QueryPatience,
  also: Also | undefined,
): Promise<Count[]> {
  const insert = (query: Query, fresh: readonly ReadyRow[]): Promise<Count[]> =>
    query<Count>(insertQuery(database), [`[${fresh.map(({ row }) => row).join(',')}]`, wanted])
  const isPosted = rows.some((row) => row.isPosted)
  if (!isPosted && also === undefined) {
    return insert((text, values) => database.query(text, values, patience), rows)
  }
  return database.transaction(async (query) => {
    const known = isPosted ? await postedBefore(query, database, rows) : NONE
    const fresh = rows.filter(({ id }) => !known.has(id))
    const counts = await insert(query, fresh)
    await also?.(query)
    return counts
  }, patience)
}

/** The ids that are there already, of rows whose times are nearly known. */
export async function knownIds(
  query: Query,
  { schema }: Pick<Database, 'schema'>,
  rows: readonly Pick<ReadyRow, 'id' | 'at'>[],
): Promise<ReadonlySet<string>> {
  const times = rows.map(({ at }) => at.getTime())
  const found = await query<{ id: string }>(
    `select id from ${schema}.samples
      where id = any($1::uuid[]) and at between $2::timestamptz and $3::timestamptz`,
    [
      rows.map(({ id }) => id),
      new Date(Math.min(...times) - DAY_MS).toISOString(),
      new Date(Math.max(...times) + DAY_MS).toISOString(),
    ],
  )
  return new Set(found.map(({ id }) => id))
}

/**
 * A client that posts a sample again does so at another time, maybe to another instance at the same
 * moment: whoever has the lock of its id looks first.
 */
async function postedBefore(
  query: Query,
  database: Database,
  rows: readonly ReadyRow[],
): Promise<ReadonlySet<string>> {
  const posted = rows.filter(({ isPosted }) => isPosted)
  // In an order that is the same everywhere: then nobody waits for somebody who waits.
  const locks = posted.map(({ id }) => lockOf(id)).toSorted((a, b) => Number(a - b))
  await query('select pg_advisory_xact_lock(one) from unnest($1::bigint[]) as one', [
    locks.map(String),
  ])
  return knownIds(query, database, posted)
}

function lockOf(id: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(0, 16)}`))
}

const COLUMNS = `endpoint, method, interaction, status, duration, ended, truncated, by_hand, option,
  username, comment, correction, inputs, outputs, files, exact`

/**
 * Rows are numbered in the order in which they are given, but stored in that of their ids, and datasets
 * are counted last, in the order of theirs: nobody waits for a row for long, or for ever.
 */
function insertQuery({ schema }: Pick<Database, 'schema'>): string {
  return `
with given as (
  select one.*, d.id as dataset
  from rows from (json_to_recordset($1::json) as (
    id uuid, at timestamptz, folder text, endpoint text, method text, interaction text,
    status integer, duration double precision, ended text, truncated boolean, by_hand boolean,
    option text, username text, comment text, correction jsonb, inputs jsonb, outputs jsonb,
    files jsonb, exact jsonb
  )) with ordinality as one join ${schema}.datasets d on d.folder = one.folder
  order by ordinality
), numbered as materialized (
  select *, nextval('${schema.replaceAll("'", "''")}.samples_seq') as seq from given
), inserted as (
  insert into ${schema}.samples (id, at, dataset, seq, ${COLUMNS})
  select id, at, dataset, seq, ${COLUMNS} from numbered order by id, at
  on conflict (id, at) do nothing
  returning dataset
), fresh as (
  select dataset, count(*) as samples from inserted group by dataset
), locked as materialized (
  select id from ${schema}.datasets where id in (select dataset from fresh)
  order by id for no key update
), counted as (
  update ${schema}.datasets d set samples = d.samples + fresh.samples
  from fresh join locked on locked.id = fresh.dataset where d.id = fresh.dataset
  returning d.id, d.samples
)
select d.folder, coalesce(counted.samples, d.samples) as samples,
  counted.id is not null as "isFresh"
from ${schema}.datasets d left join counted on counted.id = d.id
where d.folder = any($2::text[])`
}
