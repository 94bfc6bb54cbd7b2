import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FlaggingError } from '@flagging/core'
import type { Database, QueryPatience } from '../database/database.ts'
import { type Partitions, checkMigrated } from '../database/migrations.ts'
import { SamplePartitions } from '../database/partitions.ts'
import { markFault } from '../database/transient.ts'
import type { Views } from '../database/views.ts'
import { fileFaultOf } from '../files/file-fault.ts'
import type { FileStore } from '../files/file-store.ts'
import { miscounted } from '../logger-errors.ts'
import { AtMost } from './at-most.ts'
import { DatasetRegistry } from './dataset-registry.ts'
import {
  type EncodedSample,
  type FileToStore,
  encodeSample,
  rowWithFiles,
} from './encoded-sample.ts'
import { type Also, type ReadyRow, insertRows, knownIds } from './sample-insert.ts'
import type { SampleRecord } from './sample-record.ts'
import { storable, storableText } from './storable-text.ts'
import type { StoredFile } from './stored-row.ts'

/** Files that are stored at once. */
const UPLOADS = 8
/** How long rows are made without letting anybody else have a turn. */
const TURN_MS = 2

/** What a writer works with. */
export interface WriterSettings {
  readonly views: Views
  readonly onError: (error: unknown) => void
}

/** A sample whose files are stored; its row is not yet. */
export interface PreparedSample extends ReadyRow {
  readonly weight: number
}

/** Stores samples. Any number of writers, of any number of processes, may store the same ones. */
export class SampleWriter {
  readonly registry: DatasetRegistry
  readonly #database: Database
  readonly #files: FileStore
  readonly #partitions: SamplePartitions
  readonly #uploads = new AtMost(UPLOADS)
  #kind: Promise<Partitions> | undefined
  /** For how long rows have been made in this turn. */
  #turnMs = 0

  constructor(database: Database, files: FileStore, { views, onError }: WriterSettings) {
    this.registry = new DatasetRegistry(database, views)
    this.#database = database
    this.#files = files
    this.#partitions = new SamplePartitions(database, onError)
  }

  /**
   * Stores samples, each once, files first; all or none of them. Gives for each the number of samples
   * of its dataset behind it; those of a batch may share the last one.
   * @param also what else is to be done in the same transaction, also where all samples are there already
   * @throws FlaggingError see `isTransient`; what went wrong may have been done all the same
   */
  async write(records: readonly SampleRecord[], also?: Also): Promise<readonly number[]> {
    const encoded: EncodedSample[] = []
    for (const record of records) encoded.push(await this.#encode(record))
    const known = await this.#known(encoded.filter(({ files }) => files.length > 0))
    const fresh = uniqueById(encoded.filter(({ id }) => !known.has(id)))
    const prepared = await allOf(fresh.map((one) => this.#withFiles(one)))
    const folders = encoded.map(({ folder }) => folder)
    const counts = await this.#insert(prepared, folders, {}, also)
    return folders.map((folder) => counts.get(storableText(folder)) ?? 0)
  }

  /** Stores the files of a sample; then it is ready for `insert`. */
  async prepare(record: SampleRecord): Promise<PreparedSample> {
    return this.#withFiles(await this.#encode(record))
  }

  /** Stores samples that are prepared; see `write`. */
  async insert(
    prepared: readonly PreparedSample[],
    patience: QueryPatience = {},
  ): Promise<readonly number[]> {
    const counts = await this.#insert(uniqueById(prepared), [], patience)
    return prepared.map(({ folder }) => counts.get(storableText(folder)) ?? 0)
  }

  async #insert(
    rows: readonly PreparedSample[],
    folders: readonly string[],
    patience: QueryPatience,
    also?: Also,
  ): Promise<ReadonlyMap<string, number>> {
    const times = rows.map(({ at }) => at)
    await this.#partitions.prepare(times, await this.#checked())
    try {
      return await insertRows(this.#database, rows, folders, patience, also)
    } catch (error) {
      // Whoever has taken the tables away may have made new ones.
      for (const { folder } of rows) this.registry.forget(folder)
      throw error
    }
  }

  async #encode(record: SampleRecord): Promise<EncodedSample> {
    const { folder, components, values } = record
    if (values.length !== components.length) throw miscounted(values, components)
    await this.#checked()
    const keys = await this.registry.keysOf(folder, components)
    const since = performance.now()
    const encoded = encodeSample(record, keys)
    this.#turnMs += performance.now() - since
    if (this.#turnMs > TURN_MS) {
      this.#turnMs = 0
      await nextTurn()
    }
    return encoded
  }

  /** Looks once whether the tables are those that this version needs, however many samples wait for it. */
  #checked(): Promise<Partitions> {
    this.#kind ??= this.#check()
    return this.#kind
  }

  async #check(): Promise<Partitions> {
    try {
      return (await checkMigrated(this.#database)).partitions
    } catch (error) {
      this.#kind = undefined
      throw error
    }
  }

  /** Nothing is stored a second time for what is there: the outcome of a batch may not be known. */
  async #known(encoded: readonly EncodedSample[]): Promise<ReadonlySet<string>> {
    if (encoded.length === 0) return new Set()
    return knownIds((text, values) => this.#database.query(text, values), this.#database, encoded)
  }

  async #withFiles(encoded: EncodedSample): Promise<PreparedSample> {
    const stored = await allOf(
      encoded.files.map(async (file) => [file, await this.#store(file)] as const),
    )
    const files = new Map<string, StoredFile[]>()
    for (const [{ component }, one] of stored) {
      files.set(component, [...(files.get(component) ?? []), one])
    }
    return { ...encoded, row: rowWithFiles(encoded, files) }
  }

  #store({ key, file, spilled }: FileToStore): Promise<StoredFile> {
    return this.#uploads.run(async () => {
      try {
        const facts = await this.#files.put(key, file)
        const name = file.name === undefined ? undefined : storable(file.name)
        const type = storable(file.type)
        const isExact = name?.exact === undefined && type.exact === undefined
        return {
          key,
          name: name?.text ?? null,
          type: type.text,
          ...facts,
          ...(spilled && { spilled }),
          ...(!isExact && { exact: { name: name?.exact, type: type.exact } }),
        } as StoredFile
      } catch (error) {
        throw fileNotStored(error)
      }
    })
  }
}

function fileNotStored(cause: unknown): FlaggingError {
  const isFlagging = cause instanceof FlaggingError
  const error = isFlagging
    ? cause
    : new FlaggingError('ERR_FLAGGING_STORE', 'A file could not be stored', { cause })
  const { at, isTransient } = fileFaultOf(cause)
  return markFault(error, at === 'file' ? 'row' : isTransient ? 'passing' : 'setup')
}

/** Waits for all, also where one fails: nothing is read any more when it says so. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}

function uniqueById<T extends { readonly id: string }>(samples: readonly T[]): T[] {
  return [
    ...new Map(samples.toReversed().map((sample) => [sample.id, sample])).values(),
  ].toReversed()
}
