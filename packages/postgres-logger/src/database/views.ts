import { FlaggingError } from '@flagging/core'
import { type StoredComponent, componentOf } from '../samples/stored-row.ts'
import type { Database, Query } from './database.ts'
import { lock } from './migrations.ts'
import { fitted, quoted } from './names.ts'

/** The view of the dataset that lies in the flagged directory itself. */
const ROOT = 'samples'
/** A table of PostgreSQL has 1600 columns at most. */
const MAX_COLUMNS = 1500
/** Whoever reads a view at length makes nobody wait for a wider one. */
const LOCK_MS = 2000

/** The columns of every view, and what they are of `samples`. They may only ever be added to at the end. */
const OWN: readonly (readonly [name: string, column: string])[] = [
  ['sample_id', 'id'],
  ['flagged_at', 'at'],
  ['flag_option', 'option'],
  ['username', 'username'],
  ['comment', 'comment'],
  ['correction', 'correction'],
  ['endpoint', 'endpoint'],
  ['method', 'method'],
  ['status', 'status'],
  ['duration', 'duration'],
  ['ended', 'ended'],
  ['truncated', 'truncated'],
  ['interaction', 'interaction'],
  ['reviewed', 'reviewed'],
  ['note', 'note'],
]

/** What the views need to know of a dataset. */
interface ViewedDataset {
  readonly id: number
  readonly folder: string
  readonly components: readonly StoredComponent[]
  readonly view: string | null
  /** How many components the view shows. */
  readonly viewed: number
}

/** One view per dataset, with one column per component. */
export class Views {
  readonly #database: Database
  readonly #onError: (error: unknown) => void
  #turn: Promise<void> = Promise.resolve()
  #hasReported = false

  /** @param onError told once where views cannot be made: samples need none */
  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database
    this.#onError = onError
  }

  /** Brings the view of a dataset up to date, in the background; of all where none is named. */
  refresh(dataset?: number): void {
    this.#turn = this.#turn.then(() => this.update(dataset)).catch((error) => this.#report(error))
  }

  /** Resolves when nothing is left to be done in the background. */
  async settled(): Promise<void> {
    await this.#turn
  }

  /**
   * Brings the view of a dataset up to date, or of all.
   * @throws FlaggingError `ERR_FLAGGING_STORE`
   */
  async update(dataset?: number): Promise<void> {
    const { schema } = this.#database
    const stale = await this.#database.query<{ id: number }>(
      `select id from ${schema}.datasets
        where (view is null or viewed < least(jsonb_array_length(components), ${MAX_COLUMNS}))
          and ($1::integer is null or id = $1) order by id`,
      [dataset ?? null],
    )
    for (const { id } of stale) {
      await this.#database.transaction(async (query) => {
        await lock(query, this.#database, 'views')
        await query(`set local lock_timeout = ${LOCK_MS}`)
        await updateView(query, this.#database, id)
      })
    }
  }

  #report(cause: unknown): void {
    if (this.#hasReported) return
    this.#hasReported = true
    const why = cause instanceof Error ? cause.message : ''
    const message = `A view could not be made (${why}); samples are stored all the same. \`await logger.migrate()\` makes what is missing.`
    this.#onError(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
  }
}

async function updateView(
  query: Query,
  { schema, views }: Pick<Database, 'schema' | 'views'>,
  id: number,
): Promise<void> {
  const [dataset] = await query<ViewedDataset>(
    `select id, folder, components, view, viewed from ${schema}.datasets where id = $1`,
    [id],
  )
  if (dataset === undefined) return
  const shown = dataset.components.slice(0, MAX_COLUMNS)
  if (dataset.view !== null && dataset.viewed >= shown.length) return
  const taken = await query<{ view: string }>(
    `select view from ${schema}.datasets where view is not null`,
  )
  const name = dataset.view ?? freeName(dataset.folder, taken)
  await query(`create or replace view ${views}.${quoted(name)} as ${viewQuery(schema, id, shown)}`)
  await query(`update ${schema}.datasets set view = $1, viewed = $2 where id = $3`, [
    name,
    shown.length,
    id,
  ])
}

function freeName(folder: string, others: readonly { readonly view: string }[]): string {
  const taken = new Set(others.map(({ view }) => view))
  if (folder !== '') taken.add(ROOT)
  return unique(folder || ROOT, (name) => taken.has(name))
}

function viewQuery(schema: string, id: number, components: readonly StoredComponent[]): string {
  const taken = new Set(OWN.map(([name]) => name))
  const columns = OWN.map(([name, column]) => `${column} as ${quoted(name)}`)
  for (const component of components) {
    const name = unique(component.key, (one) => taken.has(one))
    taken.add(name)
    columns.push(`${expression(component)} as ${quoted(name)}`)
  }
  return `select ${columns.join(', ')} from ${schema}.samples where dataset = ${id}`
}

function unique(wanted: string, isTaken: (name: string) => boolean): string {
  let name = fitted(wanted) || '_'
  for (let count = 2; isTaken(name); count++) {
    const end = ` ${count}`
    name = `${fitted(wanted, end.length)}${end}`
  }
  return name
}

/** The value of a component. Whatever is not of its type is null there, and no query fails for it. */
function expression(stored: StoredComponent): string {
  const side = stored.role === 'input' ? 'inputs' : 'outputs'
  const key = literal(stored.key)
  const text = `(${side} ->> ${key})`
  const ofType = (type: string, as: string): string =>
    `case when jsonb_typeof(${side} -> ${key}) = '${type}' then ${text}::${as} end`
  switch (componentOf(stored).type) {
    case 'number':
      return ofType('number', 'numeric')
    case 'checkbox':
      return ofType('boolean', 'boolean')
    case 'text':
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      return text
    case 'any':
    case 'json':
    case 'label':
      return `(${side} -> ${key})`
  }
}

/** A text as it stands in SQL, where a view takes no parameters. */
function literal(text: string): string {
  // With this mark a backslash is one whatever the server is set to.
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
