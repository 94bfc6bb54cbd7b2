import type { Component } from '@flagging/core'
import type { Database, Query, QueryPatience } from '../database/database.ts'
import type { Views } from '../database/views.ts'
import { storableText } from './storable-text.ts'
import { DATASET_COLUMNS, type StoredComponent, type StoredDataset } from './stored-row.ts'
import { identityOf, storedComponent } from './stored-component.ts'

/** What is remembered of a dataset. */
interface Known {
  readonly dataset: StoredDataset
  readonly keys: ReadonlyMap<string, string>
  /** The keys of lists that came before. */
  readonly lists: WeakMap<readonly Component[], readonly string[]>
}

/**
 * The datasets of a store, and under which keys their rows hold the values of components. A component
 * of another label, side or type gets another key, so that no column ever changes its meaning.
 */
export class DatasetRegistry {
  readonly #database: Database
  readonly #views: Views
  readonly #known = new Map<string, Known>()
  readonly #widening = new Map<string, Promise<void>>()

  constructor(database: Database, views: Views) {
    this.#database = database
    this.#views = views
  }

  /** The keys of components, in their order. The dataset is made, or widened, where it must be. */
  async keysOf(folder: string, components: readonly Component[]): Promise<readonly string[]> {
    for (;;) {
      const keys = this.#keysOf(folder, components)
      if (keys !== undefined) return keys
      // One after the other: most of what waits behind the first needs no more than it.
      const before = this.#widening.get(folder)
      if (before) await before.catch(() => undefined)
      else await this.#widen(folder, components)
    }
  }

  /** What is stored of a dataset; `undefined` where there is none. */
  async find(folder: string, patience?: QueryPatience): Promise<StoredDataset | undefined> {
    const [dataset] = await this.#database.query<StoredDataset>(
      `select ${DATASET_COLUMNS} from ${this.#database.schema}.datasets where folder = $1`,
      [storableText(folder)],
      patience,
    )
    return dataset
  }

  /** Looks a dataset up anew when it is next asked for. */
  forget(folder: string): void {
    this.#known.delete(folder)
  }

  #keysOf(folder: string, components: readonly Component[]): readonly string[] | undefined {
    const known = this.#known.get(folder)
    if (known === undefined) return undefined
    const before = known.lists.get(components)
    if (before !== undefined) return before
    const keys: string[] = []
    for (const component of components) {
      const key = known.keys.get(identityOf(component))
      if (key === undefined) return undefined
      keys.push(key)
    }
    known.lists.set(components, keys)
    return keys
  }

  async #widen(folder: string, components: readonly Component[]): Promise<void> {
    const widening = this.#database
      .transaction((query) => widened(query, this.#database.schema, folder, components))
      .then((dataset) => this.#remember(folder, dataset))
    this.#widening.set(folder, widening)
    try {
      await widening
    } finally {
      this.#widening.delete(folder)
    }
  }

  #remember(folder: string, dataset: StoredDataset): void {
    const keys = new Map<string, string>()
    for (const one of dataset.components) keys.set(identityOf(one), one.key)
    this.#known.set(folder, { dataset, keys, lists: new WeakMap() })
    // No sample waits for its view.
    this.#views.refresh(dataset.id)
  }
}

/** The dataset with these components, under a lock that keeps others from widening it otherwise. */
async function widened(
  query: Query,
  schema: string,
  folder: string,
  components: readonly Component[],
): Promise<StoredDataset> {
  const name = storableText(folder)
  const select = `select ${DATASET_COLUMNS} from ${schema}.datasets where folder = $1`
  // Looked for first: a row that is not inserted takes a number all the same.
  let [found] = await query<StoredDataset>(`${select} for no key update`, [name])
  if (found === undefined) {
    await query(
      `insert into ${schema}.datasets (folder, components) values ($1, '[]')
        on conflict (folder) do nothing`,
      [name],
    )
    ;[found] = await query<StoredDataset>(`${select} for no key update`, [name])
  }
  const dataset = found as StoredDataset
  const all: StoredComponent[] = [...dataset.components]
  const known = new Set(all.map(identityOf))
  for (const component of components) {
    if (known.has(identityOf(component))) continue
    known.add(identityOf(component))
    all.push(storedComponent(component, all))
  }
  if (all.length > dataset.components.length) {
    await query(`update ${schema}.datasets set components = $1 where id = $2`, [
      JSON.stringify(all),
      dataset.id,
    ])
  }
  return { ...dataset, components: all }
}
