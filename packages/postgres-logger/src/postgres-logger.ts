import { basename, resolve } from 'node:path'
import type { Component, FlagDetails, FlagValue, FlaggingCallback, Removal } from '@flagging/core'
import { FlaggingError } from '@flagging/core'
import type { CallbackHost } from '@flagging/core/store'
import { Database } from './database/database.ts'
import { checkMigrated, migrate } from './database/migrations.ts'
import { Views } from './database/views.ts'
import { DirectStore } from './direct/direct-store.ts'
import { Retrying } from './direct/retrying.ts'
import { type PostgresLoggerOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import { Passing, type PassingStats } from './passing/passing.ts'
import { flagRecord } from './samples/flag-record.ts'
import { removeSamples } from './samples/sample-removal.ts'
import type { SampleStore, StoreStats } from './samples/sample-store.ts'
import { SampleWriter } from './samples/sample-writer.ts'
import { knownComponents } from './samples/stored-component.ts'

/** How a logger and its database are doing. */
export interface PostgresLoggerStats extends StoreStats {
  /** Whether the last thing that was asked reached the database. */
  readonly isConnected: boolean
  /** Flags on their way between instances; `null` where none are passed. */
  readonly passing: PassingStats | null
}

/**
 * Stores samples in PostgreSQL, and their files in a bucket or a directory. One logger serves all data
 * sets of a flagging, and of several flaggings; any number of loggers, in any number of processes,
 * serve the same database. Nothing is connected before something is asked.
 */
export class PostgresLogger implements FlaggingCallback {
  readonly #options: ResolvedOptions
  readonly #database: Database
  readonly #views: Views
  readonly #writer: SampleWriter
  readonly #store: SampleStore
  readonly #dirs = new Set<string>()
  /** How flags reach interactions that other instances hold. */
  readonly elsewhere?: Passing
  #attached = 0
  #components: readonly Component[] | undefined
  #isChecked = false
  #closing: Promise<void> | undefined

  /** Told of faults that belong to no single flag. Default: one line on stderr. */
  onError?: (error: unknown) => void

  /** @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead */
  constructor(options: PostgresLoggerOptions) {
    this.#options = resolveOptions(options)
    const { connection, files, schema } = this.#options
    const onError = (error: unknown): void => this.#report(error)
    this.#database = new Database(connection, schema)
    this.#views = new Views(this.#database, onError)
    this.#writer = new SampleWriter(this.#database, files, { views: this.#views, onError })
    this.#store = new DirectStore(this.#writer)
    const { passFlags } = this.#options
    if (passFlags) this.elsewhere = new Passing(this.#database, { ...passFlags, onError })
  }

  /** Samples take no room on a disk of this machine. */
  get usesDisk(): boolean {
    return false
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

  /** Called by `createFlagging`. */
  attach(host: CallbackHost): void {
    this.#attached++
    this.#dirs.add(resolve(host.dir))
    this.elsewhere?.attach(host)
  }

  /** Checks that the tables are those that this version needs, and changes nothing. */
  async setup(components: readonly Component[], flaggingDir: string): Promise<void> {
    this.#checkOpen()
    this.#components = components
    this.#folderOf(flaggingDir)
    if (this.#isChecked) return
    await new Retrying().run(() => checkMigrated(this.#database))
    this.#isChecked = true
  }

  /** Stores a sample; gives the number of samples of its data set. */
  async flag(
    flagData: readonly FlagValue[],
    flagOption?: string | null,
    username?: string | null,
    details?: FlagDetails,
  ): Promise<number> {
    this.#checkOpen()
    const components = details?.components ?? this.#components
    if (components === undefined) throw neverSetUp()
    const folder = details === undefined ? '' : this.#folderOf(details.dir)
    const flag = { values: flagData, option: flagOption, username, details }
    return this.#store.store(flagRecord(folder, components, flag))
  }

  /** The components that the samples of a data set have had; `undefined` where there are none. */
  async known(flaggingDir: string): Promise<readonly Component[] | undefined> {
    this.#checkOpen()
    const folder = this.#folderOf(flaggingDir)
    const dataset = await new Retrying().run(() => this.#writer.registry.find(folder))
    return dataset && knownComponents(dataset.components)
  }

  /** Deletes samples with their files, and gives how many there were. */
  async remove(flaggingDir: string, which: Removal): Promise<number> {
    this.#checkOpen()
    await this.#store.settled()
    const folder = this.#folderOf(flaggingDir)
    const onError = (error: unknown): void => this.#report(error)
    return new Retrying().run(() =>
      removeSamples(this.#database, this.#options.files, folder, which, onError),
    )
  }

  /** How it is doing. */
  stats(): PostgresLoggerStats {
    const passing = this.elsewhere?.stats() ?? null
    return { ...this.#store.stats(), isConnected: this.#database.isConnected, passing }
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
    await this.elsewhere?.close()
    await this.#store.close()
    await this.#views.settled()
    await Promise.all([this.#database.close(), this.#options.files.close()])
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    const message = 'This PostgresLogger is closed: make another one'
    throw new FlaggingError('ERR_FLAGGING_CLOSED', message)
  }

  /** What a data set is called: nothing for the flagged directory itself, else its folder. */
  #folderOf(dir: string): string {
    const path = resolve(dir)
    return this.#dirs.size === 0 || this.#dirs.has(path) ? '' : basename(path)
  }

  #report(error: unknown): void {
    try {
      if (this.onError !== undefined) this.onError(error)
      else console.error(`[flagging] ${error instanceof Error ? error.message : String(error)}`)
    } catch {
      // Whoever is told of a fault must not cause another one.
    }
  }
}

function neverSetUp(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', 'Call `setup` before `flag`')
}
