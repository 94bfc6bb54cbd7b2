import type { FileStat, OpenFile } from './file-system.ts'
import { formatInTurns } from './format-in-turns.ts'
import type { LogContext } from './log-context.ts'
import { LogHandle } from './log-handle.ts'
import { readHeader, scanRange } from './log-scan.ts'
import { LogWriter } from './log-writer.ts'
import { isChange } from './store-errors.ts'

/**
 * One `logs.csv` or `logsN.csv` and what is known of it: up to which byte it was read, and how many
 * records it has up to there. Everything but {@link readAhead} is done under the dataset's lock.
 */
export class LogFile {
  readonly #handle: LogHandle
  readonly #writer: LogWriter
  #size = 0
  #records = 0
  #header: readonly string[] | undefined
  #isFresh = false

  constructor(name: string, context: LogContext) {
    this.#handle = new LogHandle(name, context)
    this.#writer = new LogWriter(context, this.#handle)
  }

  get name(): string {
    return this.#handle.name
  }

  /** The cells of its first line; `undefined` if it has none. */
  get header(): readonly string[] | undefined {
    return this.#header
  }

  /** How many samples it has. */
  get samples(): number {
    return Math.max(0, this.#records - 1)
  }

  /** How many records it has, and where the last of them ends. */
  get extent(): LogExtent {
    return { records: this.#records, size: this.#size }
  }

  /** Whether there is nothing in it, or no file. */
  get blank(): boolean {
    return this.#size === 0
  }

  /** Whether a descriptor of it is open, so that no other file can have its inode. */
  get isOpen(): boolean {
    return this.#handle.isOpen
  }

  get path(): string {
    return this.#handle.path
  }

  /** Whether a file that was found is the one that is known. */
  isOf(found: FileStat): boolean {
    return this.#handle.isOf(found)
  }

  /** How many bytes of the file, as it was found, are still to be read. */
  unread(found: FileStat | undefined): number {
    if (found === undefined) return 0
    return this.#isKnown(found) ? found.size - this.#size : found.size
  }

  /**
   * Reads what the file had when it was found under the lock, without the lock: a long log must not
   * hold the others up. Whole records stay; what follows the last one is left to {@link catchUp}.
   */
  async readAhead(found: FileStat): Promise<void> {
    let file: OpenFile
    try {
      if (!this.#isKnown(found)) await this.#open(found)
      file = await this.#handle.writable()
    } catch (error) {
      // Somebody deletes rows meanwhile: the next look finds what they put in its place.
      if (!isChange(error)) throw error
      return this.forget()
    }
    this.#isFresh ||= this.#size === 0
    const { records, boundary, joins } = await scanRange(file, this.#size, found.size)
    if (!joins) return this.forget()
    this.#records += records
    this.#size += boundary
    this.#header ??= await readHeader(file, this.#size)
  }

  /**
   * Brings what is known up to the file as it was found; gives whether it is another file than
   * before. An unfinished record at its end is set aside: its writer has died, for we have the lock.
   */
  async catchUp(found: FileStat | undefined): Promise<boolean> {
    if (found === undefined) {
      await this.forget()
      return false
    }
    const isOther = !this.#isKnown(found)
    if (isOther) await this.#open(found)
    const { isSuspect } = this.#writer
    if (!isOther && found.size === this.#size && !isSuspect) return false
    if (isSuspect) await this.#writer.writeAgain(this.#size, found.size)
    if (!(await this.#readTo(found.size))) await this.#writer.setAside(this.#size, found.size)
    this.#isFresh = false
    return isOther
  }

  /**
   * Appends rows, after the header if there is nothing yet.
   * @throws AppendError as {@link LogWriter.append} does
   * @returns what was written
   */
  async append(header: readonly string[], rows: readonly string[][]): Promise<Uint8Array> {
    const records = this.blank ? [[...header], ...rows] : [...rows]
    const bytes = await formatInTurns(records)
    await this.#writer.append(bytes, this.#size)
    this.#header ??= header
    this.#size += bytes.length
    this.#records += records.length
    return bytes
  }

  /** Brings what rows there are to the disk, if that was not done with each batch. */
  settle(): Promise<void> {
    return this.#writer.settle(this.#size)
  }

  /** Makes the file if there is none; gives whether it did. */
  create(): Promise<boolean> {
    return this.#handle.create()
  }

  /** Goes on with a file that has taken its place, of the same header and on the disk. */
  async adopt(file: OpenFile, stat: FileStat, { records, size }: LogExtent): Promise<void> {
    await this.#handle.adopt(file, stat)
    this.#writer.reset(size)
    this.#records = records
    this.#size = size
  }

  /** Closes the file and forgets all about it. */
  forget(): Promise<void> {
    this.#header = undefined
    this.#size = this.#records = 0
    this.#writer.reset()
    this.#isFresh = false
    return this.#handle.forget()
  }

  /** Closes the file; what is known stays. */
  close(): Promise<void> {
    return this.#handle.close()
  }

  #isKnown(found: FileStat): boolean {
    return this.#handle.isOf(found) && found.size >= this.#size
  }

  async #open(found: FileStat): Promise<void> {
    await this.forget()
    await this.#handle.open(found)
  }

  /** Reads on from where reading stopped; false if the file ends inside a record. */
  async #readTo(size: number): Promise<boolean> {
    if (this.#size === 0) return this.#readAgain(size)
    const file = await this.#handle.writable()
    const { records, boundary, joins } = await scanRange(file, this.#size, size)
    const isWhole = this.#size + boundary === size
    // What was read long ago may have been edited: only a look at the whole file condemns its end.
    if (!joins || !(isWhole || this.#isFresh)) return this.#readAgain(size)
    this.#records += records
    this.#size += boundary
    return isWhole
  }

  /** Reads the file from its start; false if it ends inside a record. */
  async #readAgain(size: number): Promise<boolean> {
    const file = await this.#handle.writable()
    const { records, boundary } = await scanRange(file, 0, size)
    this.#header = await readHeader(file, boundary)
    this.#records = records
    this.#size = boundary
    return boundary === size
  }
}

/** What is known of a log. */
export interface LogExtent {
  readonly records: number
  /** Where the last of them ends. */
  readonly size: number
}
