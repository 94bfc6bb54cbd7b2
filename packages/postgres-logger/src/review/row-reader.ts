import { LONGEST_LISTED } from '@flagging/core/store'
import type { Database } from '../database/database.ts'
import {
  DATASET_COLUMNS,
  ROW_COLUMNS,
  type StoredDataset,
  type StoredRow,
} from '../samples/stored-row.ts'
import type { KeyPlace } from './key-place.ts'
import { fromMillis } from './micros.ts'
import type { Place } from './order.ts'
import { timeConditions, where } from './place-sql.ts'
import { SQLValues } from './sql-values.ts'
import { type TimeRange, isWithin } from './time-parts.ts'
import type { Timeline } from './timeline.ts'

/** A value that was too long for a list: its start, and how many characters it has. */
interface CutValue {
  readonly text: string
  readonly length: number
}

/** A row of a list, and its dataset. */
export interface FoundRow {
  readonly row: StoredRow
  readonly dataset: StoredDataset
  /** By key of component: what stands in the row as `null`, for it is too long. */
  readonly cuts: ReadonlyMap<string, CutValue>
}

type AskedRow = StoredRow & { readonly cuts: Readonly<Record<string, CutValue>> | null }

/** Twice what is shown: JSON is longer in the database than what is made of it. */
const LONGEST = 2 * LONGEST_LISTED

/** Reads rows whose places are known. */
export class RowReader {
  readonly #database: Database
  readonly #timeline: Timeline
  readonly #datasets = new Map<number, StoredDataset>()

  constructor(database: Database, timeline: Timeline) {
    this.#database = database
    this.#timeline = timeline
  }

  /**
   * The rows at some places, in the same order, less those that are gone.
   * @param isWhole whether values are given whole; else the database cuts long ones
   */
  async at(places: readonly Place[], isWhole: boolean): Promise<readonly FoundRow[]> {
    const rows = new Map<string, AskedRow>()
    for (const [range, some] of await this.#together(places)) {
      const ids = some.map(({ id }) => id)
      for (const row of await this.#read(ids, range, isWhole)) rows.set(row.id, row)
    }
    return this.#withDatasets(places.flatMap(({ id }) => rows.get(id) ?? []))
  }

  /** Places that lie in a few partitions each, and from when until when they do. */
  async #together(
    places: readonly Place[],
  ): Promise<readonly (readonly [TimeRange, readonly Place[]])[]> {
    const sorted = places.toSorted((a, b) => (a.at < b.at ? -1 : 1))
    const [first, last] = [sorted[0], sorted.at(-1)]
    if (first === undefined || last === undefined) return []
    const parts = (await this.#timeline.parts()).of({ from: first.at, to: last.at + 1n })
    return parts
      .map((range) => [range, places.filter(({ at }) => isWithin(at, range))] as const)
      .filter(([, some]) => some.length > 0)
  }

  /** All of the row of a key, if it is there. */
  async in({ id, at, dataset }: KeyPlace): Promise<FoundRow | undefined> {
    const range = { from: fromMillis(at), to: fromMillis(at + 1) }
    const rows = await this.#read([id], range, true)
    const [found] = await this.#withDatasets(rows.filter((row) => row.dataset === dataset))
    return found
  }

  #read(ids: readonly string[], range: TimeRange, isWhole: boolean): Promise<AskedRow[]> {
    const values = new SQLValues()
    const conditions = [`id = any(${values.put(ids, 'uuid[]')})`, ...timeConditions(values, range)]
    const rows = `select * from ${this.#database.schema}.samples ${where(conditions)}`
    return this.#database.query<AskedRow>(
      isWhole
        ? `select ${ROW_COLUMNS}, null as cuts from (${rows}) as whole`
        : `select ${CUT_COLUMNS}, cuts from (${rows}) as whole, lateral (${CUTS}) as cut`,
      values.all,
    )
  }

  async #withDatasets(rows: readonly AskedRow[]): Promise<readonly FoundRow[]> {
    await this.#know(rows)
    return rows.map((row) => ({
      row,
      dataset: this.#datasets.get(row.dataset) as StoredDataset,
      cuts: new Map(Object.entries(row.cuts ?? {})),
    }))
  }

  /** A dataset is asked for again where one of its rows has what was not known. */
  async #know(rows: readonly StoredRow[]): Promise<void> {
    const wanted = new Set(
      rows
        .filter((row) => !isKnown(row, this.#datasets.get(row.dataset)))
        .map((row) => row.dataset),
    )
    if (wanted.size === 0) return
    const found = await this.#database.query<StoredDataset>(
      `select ${DATASET_COLUMNS} from ${this.#database.schema}.datasets where id = any($1::integer[])`,
      [[...wanted]],
    )
    for (const dataset of found) this.#datasets.set(dataset.id, dataset)
  }
}

function isKnown({ inputs, outputs }: StoredRow, dataset: StoredDataset | undefined): boolean {
  const keys = new Set(dataset?.components.map(({ key }) => key))
  return (
    dataset !== undefined &&
    [inputs, outputs].every((side) => Object.keys(side).every((key) => keys.has(key)))
  )
}

/** The values of a row that are too long for a list. */
const CUTS = `
  select jsonb_object_agg(key, jsonb_build_object('text', left(said, ${LONGEST_LISTED}), 'length', length(said)))
    as cuts
  from (
    select key, coalesce(exact #>> array['values', key],
      case jsonb_typeof(value) when 'string' then value #>> '{}' else value::text end) as said
    from jsonb_each(inputs || outputs) as one (key, value)
  ) as texts
  where length(said) > ${LONGEST}`

const CUT_COLUMNS = ROW_COLUMNS.split(', ')
  .map((column) => {
    if (column === 'inputs' || column === 'outputs') return `${emptied(column)} as ${column}`
    return column === 'exact'
      ? `case when cuts is null then exact
          else exact #- '{values}' || jsonb_build_object('values', coalesce(exact -> 'values', '{}')
            - array(select jsonb_object_keys(cuts))) end as exact`
      : column
  })
  .join(', ')

/** A side without what is too long: that is `null` there. */
function emptied(side: 'inputs' | 'outputs'): string {
  return `case when cuts is null then ${side} else ${side} || (
    select coalesce(jsonb_object_agg(key, null), '{}') from jsonb_object_keys(cuts) as key
    where ${side} ? key) end`
}
