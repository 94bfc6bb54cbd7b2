import { join, resolve } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import type {
  Component,
  FlagDetails,
  FlagValue,
  FlaggingCallback,
  ReadOptions,
  Removal,
  RowKey,
  Sample,
  SampleSource,
} from '@flagging/core'
import type { CallbackHost, ReviewStore } from '@flagging/core/store'
import { Database } from './database/database.ts'
import { checkMigrated, migrate } from './database/migrations.ts'
import { Views } from './database/views.ts'
import { DatasetFolders } from './dataset-folders.ts'
import { DirectStore } from './direct/direct-store.ts'
import { Retrying } from './direct/retrying.ts'
import { loggerClosed, miscounted, neverSetUp, report } from './logger-errors.ts'
import { NO_SAMPLES, type PostgresLoggerStats } from './logger-stats.ts'
import { type PostgresLoggerOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import { within } from './outbox/deadline.ts'
import { Outbox } from './outbox/outbox.ts'
import { Passing } from './passing/passing.ts'
import { PostgresReview } from './review/postgres-review.ts'
import { readSamples } from './review/read-samples.ts'
import { flagRecord } from './samples/flag-record.ts'
import { removeSamples } from './samples/sample-removal.ts'
import type { SampleStore } from './samples/sample-store.ts'
import { SampleWriter } from './samples/sample-writer.ts'
import { knownComponents } from './samples/stored-component.ts'

/** Where samples wait for the database, in the flagged directory. */
const OUTBOX = '.outbox'
/** Where an outbox takes samples in any case, nobody waits longer for what earlier ones were like. */
const KNOWN_MS = 1000
const STAYING_MS = 60_000
/** How long views that are being made hold up the end. */
const VIEWS_MS = 1000

/**
 * Stores samples in PostgreSQL, and their files in a bucket or a directory. One logger serves all data
 * sets of a flagging, and of several flaggings; any number of loggers, in any number of processes,
 * serve the same database. Nothing is connected before something is asked.
 */
export class PostgresLogger implements FlaggingCallback, SampleSource {
  /** How flags reach interactions that other instances hold. */
  readonly elsewhere?: Passing
  /** Where reviewers look samples up, and mark and delete them. */
  readonly review: ReviewStore
  readonly #options: ResolvedOptions
  readonly #database: Database
  readonly #views: Views
  readonly #writer: SampleWriter
  /** Where an outbox lies is known with the first flagged directory. */
  #store: SampleStore | undefined
  readonly #folders = new DatasetFolders()
  readonly #report = (error: unknown): void => report(error, this.onError)
  #attached = 0
  #last: { readonly components: readonly Component[]; readonly dir: string } | undefined
  #isChecked = false
  #closing: Promise<void> | undefined

  /** Told of faults that belong to no single flag. Default: one line on stderr. */
  onError?: (error: unknown) => void

  /** @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead */
  constructor(options: PostgresLoggerOptions) {
    this.#options = resolveOptions(options)
    const { connection, files, schema } = this.#options
    const onError = this.#report
    this.#database = new Database(connection, schema)
    this.#views = new Views(this.#database, onError)
    this.#writer = new SampleWriter(this.#database, files, { views: this.#views, onError })
    const { passFlags, presign } = this.#options
    if (passFlags) this.elsewhere = new Passing(this.#database, { ...passFlags, onError })
    const remove = (folder: string, rows: readonly RowKey[]) => this.#remove(folder, { rows })
    this.review = new PostgresReview(this.#database, { files, presign, remove })
  }

  /** Whether samples take room on a disk of this machine. */
  get usesDisk(): boolean {
    return !this.#options.direct
  }

  /**
   * Makes the tables and views, or brings them up to date, and checks that files can be stored. Any
   * number of instances may call it at once; where nothing is left to be done it changes nothing.
   * @throws FlaggingError `ERR_FLAGGING_STORE` with what to do
   */
  async migrate(): Promise<void> {
    this.#checkOpen()
    await migrate(this.#database, this.#options.partitions)
    await this.#views.update()
    await this.#options.files.check()
  }

  /**
   * Called by `createFlagging`.
   * @throws FlaggingError `ERR_FLAGGING_CLOSED`
   */
  attach(host: CallbackHost): void {
    this.#checkOpen()
    this.#attached++
    this.#folders.add(host.dir)
    this.elsewhere?.attach(host)
    // What an earlier process has left is shipped, too.
    if (host.stores && !this.#options.direct) this.#storeIn(host.dir)
  }

  /**
   * With `direct`, checks that the tables are those that this version needs; changes nothing.
   * @throws FlaggingError `ERR_FLAGGING_STORE` that says what to do
   */
  async setup(components: readonly Component[], flaggingDir: string): Promise<void> {
    this.#checkOpen()
    this.#last = { components, dir: flaggingDir }
    // What waits in an outbox can wait for that, and says so.
    if (this.#isChecked || !this.#options.direct) return
    await new Retrying().run(() => checkMigrated(this.#database))
    this.#isChecked = true
  }

  /** Stores a sample; gives the number of samples of its dataset. */
  async flag(
    flagData: readonly FlagValue[],
    flagOption?: string | null,
    username?: string | null,
    details?: FlagDetails,
  ): Promise<number> {
    this.#checkOpen()
    const { components, dir } = details ?? this.#last ?? neverSetUp()
    if (flagData.length !== components.length) throw miscounted(flagData, components)
    const flag = { values: flagData, option: flagOption, username, details }
    return this.#storeIn(dir).add(flagRecord(this.#folders.of(dir), components, flag))
  }

  /**
   * The components that the samples of a dataset have had; `undefined` where there are none, or where
   * the database is away and nobody is to wait for it.
   */
  async known(flaggingDir: string): Promise<readonly Component[] | undefined> {
    this.#checkOpen()
    const folder = this.#folders.of(flaggingDir)
    try {
      const dataset = await (this.#options.direct
        ? new Retrying().run((waitMs) => this.#writer.registry.find(folder, { waitMs }))
        : this.#writer.registry.find(folder, { waitMs: KNOWN_MS }))
      return dataset && knownComponents(dataset.components)
    } catch (error) {
      if (this.#options.direct) throw error
      return undefined
    }
  }

  /** Deletes samples with their files, and gives how many there were. */
  async remove(flaggingDir: string, which: Removal): Promise<number> {
    return this.#remove(this.#folders.of(flaggingDir), which)
  }

  async #remove(folder: string, which: Removal): Promise<number> {
    this.#checkOpen()
    await this.#store?.shipped()
    const { files } = this.#options
    return new Retrying().run(() =>
      removeSamples(this.#database, files, folder, which, this.#report),
    )
  }

  /**
   * Reads samples as `readSamples` of `@flagging/core` reads those of a flagged directory, with the same
   * options: those of the directory itself, then those of each endpoint, the oldest first, in constant
   * memory. Give the logger as `examples` to offer them as examples.
   * @throws FlaggingError `ERR_FLAGGING_OPTION`; while it is read, `ERR_FLAGGING_STORE`
   */
  readSamples(options: ReadOptions = {}): AsyncIterableIterator<Sample> {
    this.#checkOpen()
    return readSamples({ database: this.#database, files: this.#options.files }, options)
  }

  /** How it is doing. */
  stats(): PostgresLoggerStats {
    const passing = this.elsewhere?.stats() ?? null
    return {
      ...NO_SAMPLES,
      ...this.#store?.stats(),
      isConnected: this.#database.isConnected,
      passing,
    }
  }

  /**
   * Stores what waits, for a bounded time, and closes all connections. Where several flaggings share
   * the logger, the last one that is closed closes it.
   */
  async close(): Promise<void> {
    this.#attached--
    if (this.#attached > 0) return
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    // What goes on by itself keeps no process alive: somebody waits for this.
    const staying = setInterval(() => undefined, STAYING_MS)
    try {
      await this.elsewhere?.close()
      await this.#store?.close()
      // One that is not made in time is made by whoever looks at its dataset next.
      await within(VIEWS_MS, this.#views.settled())
    } finally {
      const closed = [this.#database.close(), this.#options.files.close()]
      await Promise.all(closed).finally(() => clearInterval(staying))
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw loggerClosed()
  }

  #storeIn(dir: string): SampleStore {
    this.#store ??= this.#options.direct ? new DirectStore(this.#writer) : this.#outboxIn(dir)
    return this.#store
  }

  #outboxIn(dir: string): Outbox {
    const { outbox } = this.#options
    const made = new Outbox({
      ...outbox,
      dir: outbox.dir ?? join(resolve(dir), OUTBOX),
      destination: this.#database.address,
      writer: this.#writer,
      onError: this.#report,
    })
    made.start()
    return made
  }
}
