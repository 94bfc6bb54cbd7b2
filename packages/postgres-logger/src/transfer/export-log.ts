import { join } from 'node:path'
import {
  CSVLogger,
  type CSVLoggerOptions,
  type Component,
  type FlagDetails,
  FlaggingError,
} from '@flagging/core'
import {
  DETAIL_COLUMNS,
  type OwnColumn,
  isFlaggedFile,
  isFlaggedFileList,
} from '@flagging/core/store'
import type { SampleRecord } from '../samples/sample-record.ts'

type DetailColumn = NonNullable<CSVLoggerOptions['columns']>[number]

/** One name of a folder, and none that means something else. */
const FOLDER = /^(?!\.{1,2}$|\.flagging$)[^/\\\0]{1,255}$/

/** Writes samples as rows of a flagged directory. */
export class ExportLog {
  readonly #dir: string
  readonly #columns: ReadonlyMap<string, readonly OwnColumn[]>
  /** By the columns that they write: one may only be at work when no other is. */
  readonly #loggers = new Map<string, CSVLogger>()
  readonly #components = new Map<string, readonly Component[]>()
  readonly #onError: (error: unknown) => void

  /** @param columns of the datasets, by folder */
  constructor(
    dir: string,
    columns: ReadonlyMap<string, readonly OwnColumn[]>,
    onError: (error: unknown) => void,
  ) {
    this.#dir = dir
    this.#columns = columns
    this.#onError = onError
  }

  /**
   * The sample as its row will be read: with labels of which none is the same as another, and types that
   * keep its values as they are.
   * @throws FlaggingError `ERR_FLAGGING_STORE` where its dataset can have no folder
   */
  fitted(record: SampleRecord): SampleRecord {
    const { folder, components, values } = record
    if (folder !== '' && (!FOLDER.test(folder) || Buffer.byteLength(folder) > 255)) {
      const message = `The dataset ${JSON.stringify(folder)} can have no folder of its name`
      throw new FlaggingError('ERR_FLAGGING_STORE', message)
    }
    const isTimed = record.isTimed !== false && !Number.isNaN(record.at.getTime())
    const taken = new Set<string>(this.#columnsOf(folder, isTimed))
    const list = components.map((component, index): Component => {
      let { label } = component
      for (let count = 2; taken.has(label); count++) label = `${component.label} ${count}`
      if (label !== component.label) this.#tellRenamed(folder, component.label, label)
      taken.add(label)
      const value = values[index] ?? null
      const isText =
        value === null ||
        typeof value === 'string' ||
        isFlaggedFile(value) ||
        isFlaggedFileList(value)
      // In a column of texts, another value would be read as one.
      return component.type === 'text' && !isText
        ? { ...component, label, type: 'any' }
        : { ...component, label }
    })
    return { ...record, isTimed, components: this.#sameList(list) }
  }

  /** Which of several ways of writing a sample takes; those of one may be written at once. */
  wayOf({ folder, isTimed }: SampleRecord): string {
    return this.#details(folder, isTimed !== false).join()
  }

  /** Writes a sample that fits; its row is on the disk when this resolves. */
  async write(record: SampleRecord): Promise<void> {
    const { folder, isTimed, at, components, values, json, correctionJSON } = record
    const columns = this.#columnsOf(folder, isTimed !== false)
    const logger = this.#logger(this.#details(folder, isTimed !== false))
    const has = (column: OwnColumn): boolean => columns.includes(column)
    const details = {
      components,
      dir: join(this.#dir, folder),
      id: record.interaction,
      endpoint: record.endpoint,
      method: '',
      status: record.status,
      startedAt: at,
      duration: record.duration,
      ended: record.ended,
      truncated: record.truncated,
      byHand: false,
      ...(has('comment') && { comment: record.comment }),
      ...(has('correction') && { correction: record.correction }),
      ...(correctionJSON !== undefined && { correctionJSON }),
      ...(json !== undefined && { json }),
    }
    const option = has('flag_option') ? record.option : undefined
    const username = has('username') ? record.username : undefined
    // A cast, since what is not known of a sample is an empty cell.
    await logger.flag(values, option, username, details as unknown as FlagDetails)
  }

  /** Closes all files. */
  async close(): Promise<void> {
    for (const logger of this.#loggers.values()) await logger.close()
  }

  #tellRenamed(folder: string, label: string, other: string): void {
    const where = folder === '' ? '' : ` of ${folder}`
    const message = `The label ${JSON.stringify(label)}${where} is taken: its log says ${JSON.stringify(other)}`
    this.#onError(new FlaggingError('ERR_FLAGGING_STORE', message))
  }

  #columnsOf(folder: string, isTimed: boolean): readonly OwnColumn[] {
    const columns = this.#columns.get(folder) ?? []
    return isTimed ? columns : columns.filter((column) => column !== 'timestamp')
  }

  #details(folder: string, isTimed: boolean): DetailColumn[] {
    const columns = this.#columnsOf(folder, isTimed)
    return DETAIL_COLUMNS.filter((column) => columns.includes(column))
  }

  #logger(columns: readonly DetailColumn[]): CSVLogger {
    const way = columns.join()
    let logger = this.#loggers.get(way)
    if (logger === undefined) {
      logger = new CSVLogger({ columns, exclusive: true })
      logger.onError = this.#onError
      this.#loggers.set(way, logger)
    }
    return logger
  }

  /** Rows share a write if they share their list of components. */
  #sameList(list: readonly Component[]): readonly Component[] {
    const text = JSON.stringify(list)
    const same = this.#components.get(text)
    if (same !== undefined) return same
    this.#components.set(text, list)
    return list
  }
}
