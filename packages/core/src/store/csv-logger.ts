import { isAbsolute, join, resolve } from 'node:path'
import type { Component } from '../components.ts'
import { FlaggingError } from '../errors.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from './dataset-files.ts'
import { DatasetLog } from './dataset-log.ts'
import { errnoOf, unless } from './disk.ts'
import type { FileSystem } from './file-system.ts'
import type { FlagDetails, FlaggingCallback } from './flagging-callback.ts'
import { notAFile } from './store-errors.ts'
import { nodeFileSystem } from './node-file-system.ts'
import {
  DETAIL_COLUMNS,
  type DetailColumn,
  type OwnColumn,
  type RowLayout,
  rowLayout,
} from './row-layout.ts'
import { type RowValue, sampleRow } from './sample-row.ts'
import { readSidecar } from './sidecar.ts'

/** The options of {@link CSVLogger}. */
export interface CSVLoggerOptions {
  /** Columns to add after the components, the option and the user name. Default: none. */
  readonly columns?: readonly DetailColumn[]
  /**
   * `batch`: a stored sample survives a power failure, at the price of one `fdatasync` per batch.
   * `none`: it survives the death of the process alone; after a power failure the last rows may be
   * missing, and files be damaged, but what rows there are hold what was stored. Default `batch`.
   */
  readonly fsync?: 'batch' | 'none'
  /** Whether HTML, SVG, scripts and the like keep their extension instead of `bin`. Default `false`. */
  readonly activeContent?: boolean
  /**
   * Says that this logger is the only writer of its directories: then no lock is taken, nor needed.
   * Default `false`.
   */
  readonly exclusive?: boolean
}

const FSYNC: readonly unknown[] = [undefined, 'batch', 'none']
const SWITCH: readonly unknown[] = [undefined, true, false]

/**
 * Stores samples as rows of `logs.csv` and as files beside it. One logger may serve any number of
 * datasets, and any number of loggers, worker threads and processes of one host may serve the same
 * dataset, on a local file system. When `flag` resolves, the sample is stored.
 */
export class CSVLogger implements FlaggingCallback {
  readonly #columns: readonly DetailColumn[]
  readonly #fs: FileSystem
  readonly #options: CSVLoggerOptions
  readonly #datasets = new Map<string, DatasetLog>()
  readonly #layouts = new WeakMap<readonly Component[], Map<string, RowLayout>>()
  #last: { readonly components: readonly Component[]; readonly dir: string } | undefined
  #isClosed = false

  /** Told of what was set aside or ignored on the disk. Default: one line on stderr. */
  onError?: (error: unknown) => void

  /** @param fs the disk; only tests have another one */
  constructor(options: CSVLoggerOptions = {}, fs: FileSystem = nodeFileSystem) {
    checkOptions(options)
    this.#columns = [...(options.columns ?? [])]
    this.#options = options
    this.#fs = fs
  }

  /** The columns that were asked for: no component may have such a label. */
  get columns(): readonly DetailColumn[] {
    return this.#columns
  }

  /** Checks what can be checked before anything is stored; makes nothing. */
  async setup(components: readonly Component[], flaggingDir: string): Promise<void> {
    checkLabels(components, this.#columns)
    const problem = this.#options.exclusive === true ? undefined : this.#fs.lockProblem()
    if (problem !== undefined) throw noLock(problem)
    const dir = resolve(flaggingDir)
    await this.#checkPlace(dir)
    this.#last = { components: [...components], dir }
  }

  async flag(
    flagData: readonly FlagValue[],
    flagOption?: string | null,
    username?: string | null,
    details?: FlagDetails,
  ): Promise<number> {
    if (this.#isClosed) {
      throw new FlaggingError('ERR_FLAGGING_CLOSED', 'This CSVLogger is closed: make another one')
    }
    const { components, dir } = details ?? this.#last ?? neverSetUp()
    if (flagData.length !== components.length) {
      const counts = `${flagData.length} values for ${components.length} components`
      throw new FlaggingError('ERR_FLAGGING_BAD_REQUEST', `A sample has ${counts}`)
    }
    const own = ownValues(flagOption, username, details, this.#columns)
    const layout = this.#layout(
      components,
      own.map(([column]) => column),
    )
    const values = [
      ...components.map((_, index) => rowValue(flagData, index, details?.json?.[index])),
      ...own.map(([column, value]) =>
        column === 'correction' ? exactly(value, details?.correctionJSON) : { value },
      ),
    ]
    return this.#dataset(dir).append(sampleRow(layout, values))
  }

  /** The widest component list that a dataset has been stored with; `undefined` if none is known. */
  async known(flaggingDir: string): Promise<readonly Component[] | undefined> {
    const path = join(resolve(flaggingDir), WORKING_FOLDER, SIDECAR_NAME)
    let widest: readonly Component[] | undefined
    try {
      for (const { components } of (await readSidecar(this.#fs, path))?.logs.values() ?? []) {
        if (widest === undefined || components.length > widest.length) widest = components
      }
    } catch (error) {
      this.#report(error)
    }
    return widest
  }

  /** Waits until every sample is stored and closes all files. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#datasets.values()].map((dataset) => dataset.close()))
  }

  #dataset(given: string): DatasetLog {
    const dir = isAbsolute(given) ? given : resolve(given)
    let dataset = this.#datasets.get(dir)
    if (dataset === undefined) {
      dataset = new DatasetLog(dir, {
        fs: this.#fs,
        sync: this.#options.fsync !== 'none',
        exclusive: this.#options.exclusive === true,
        activeContent: this.#options.activeContent === true,
        report: (error) => this.#report(error),
      })
      this.#datasets.set(dir, dataset)
    }
    return dataset
  }

  #layout(components: readonly Component[], columns: readonly OwnColumn[]): RowLayout {
    let layouts = this.#layouts.get(components)
    if (layouts === undefined) this.#layouts.set(components, (layouts = new Map()))
    const key = columns.join()
    let layout = layouts.get(key)
    if (layout === undefined) {
      checkLabels(components, columns)
      layouts.set(key, (layout = rowLayout([...components], columns)))
    }
    return layout
  }

  async #checkPlace(dir: string): Promise<void> {
    try {
      const folder = await unless('ENOENT', this.#fs.stat(dir))
      if (folder !== undefined && folder.kind !== 'directory') throw noDirectory()
      const log = await unless('ENOENT', this.#fs.lstat(join(dir, 'logs.csv')))
      if (log !== undefined && log.kind !== 'file') throw notAFile('logs.csv')
    } catch (error) {
      throw error instanceof FlaggingError ? error : noDirectory(error)
    }
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

function ownValues(
  flagOption: string | null | undefined,
  username: string | null | undefined,
  details: FlagDetails | undefined,
  asked: readonly DetailColumn[],
): [OwnColumn, RowValue['value']][] {
  const given: [OwnColumn, RowValue['value']][] = [
    ['flag_option', flagOption],
    ['username', username],
    ['comment', details?.comment],
    ['correction', details?.correction],
  ]
  return [
    ...given.filter(([, value]) => value !== undefined),
    ...asked.map((column): [OwnColumn, RowValue['value']] => [column, detail(column, details)]),
  ]
}

function detail(column: DetailColumn, details: FlagDetails | undefined): RowValue['value'] {
  if (column === 'timestamp') return (details?.startedAt ?? new Date()).toISOString()
  return details?.[column] ?? null
}

function checkOptions(options: CSVLoggerOptions): void {
  const { columns = [], fsync, activeContent, exclusive, ...unknown } = options
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    throw bad(`has no option ${name}; it has columns, fsync, activeContent and exclusive`)
  }
  if (!Array.isArray(columns)) throw bad('takes `columns` as a list of names')
  for (const [index, column] of columns.entries()) {
    if (!DETAIL_COLUMNS.includes(column)) {
      throw bad(`has no column ${String(column)}; it has ${DETAIL_COLUMNS.join(', ')}`)
    }
    if (columns.indexOf(column) !== index) throw bad(`takes each column once, not ${column} twice`)
  }
  if (!FSYNC.includes(fsync)) throw bad("takes `fsync` as 'batch' or 'none'")
  if (!SWITCH.includes(activeContent)) throw bad('takes `activeContent` as true or false')
  if (!SWITCH.includes(exclusive)) throw bad('takes `exclusive` as true or false')
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `CSVLogger ${what}`)
}

function checkLabels(components: readonly Component[], columns: readonly string[]): void {
  const taken = new Set(columns)
  for (const { label } of components) {
    if (taken.has(label)) {
      const what = columns.includes(label) ? 'is a column of CSVLogger' : 'is there twice'
      const message = `The label ${JSON.stringify(label)} ${what}: give the component another`
      throw new FlaggingError('ERR_FLAGGING_OPTION', message)
    }
    taken.add(label)
  }
}

function noDirectory(cause?: unknown): FlaggingError {
  const why = errnoOf(cause) ?? 'it is something else'
  const message = `\`dir\` is no directory that can be used (${why}): name another one`
  return new FlaggingError('ERR_FLAGGING_OPTION', message, cause === undefined ? {} : { cause })
}

function noLock(cause: Error): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_LOCK',
    'The package fs-native-extensions, which locks files, cannot be loaded here: install it for ' +
      'this platform, or use `new CSVLogger({ exclusive: true })` if this process is the only writer',
    { cause },
  )
}

function neverSetUp(): never {
  throw new FlaggingError('ERR_FLAGGING_OPTION', 'Call `setup` before `flag`')
}

/** A value whose JSON text is there is not asked for: large ones are parsed when they are. */
function rowValue(
  flagData: readonly FlagValue[],
  index: number,
  json: string | undefined,
): RowValue {
  return exactly(json === undefined || json.startsWith('"') ? flagData[index] : null, json)
}

function exactly(value: RowValue['value'], json: string | undefined): RowValue {
  return json === undefined || json.startsWith('"') ? { value: value ?? null } : { json }
}
