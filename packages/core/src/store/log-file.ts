import { FlaggingError } from '../errors.ts'
import { readRange, writeAll } from './disk.ts'
import type { FileStat, FileSystem, OpenFile } from './file-system.ts'
import { formatInTurns } from './format-in-turns.ts'
import { AppendError, changed, notAFile, tornRow } from './store-errors.ts'
import { type Written, isInMemory, isKept, isKeptNow } from './log-kept.ts'
import { MAX_UNSYNCED, readHeader, scanRange } from './log-scan.ts'
import { quarantine } from './quarantine.ts'
import type { QuickLooks } from './quick-looks.ts'

/** What a log needs of its dataset. */
export interface LogContext {
  readonly fs: FileSystem
  /** The dataset's folder. */
  readonly dir: string
  /** Its `.flagging`. */
  readonly folder: string
  /** Whether rows and files are brought to the disk; what is made or cut once always is. */
  readonly sync: boolean
  readonly quick: QuickLooks
  /** Told of what was set aside. */
  readonly report: (error: FlaggingError) => void
}

/**
 * One `logs.csv` or `logsN.csv` and what is known of it: up to which byte it was read, and how many
 * records it has up to there. Everything but {@link readAhead} is done under the dataset's lock.
 */
export class LogFile {
  readonly name: string
  readonly #context: LogContext
  #file: OpenFile | undefined
  #identity: { readonly dev: number; readonly ino: number } | undefined
  #size = 0
  #records = 0
  /** Up to which byte the file is known to be on the disk. */
  #synced = 0
  #header: readonly string[] | undefined
  #suspect = false
  #isFresh = false

  constructor(name: string, context: LogContext) {
    this.name = name
    this.#context = context
  }

  /** The cells of its first line; `undefined` if it has none. */
  get header(): readonly string[] | undefined {
    return this.#header
  }

  /** How many samples it has. */
  get samples(): number {
    return Math.max(0, this.#records - 1)
  }

  /** Whether there is nothing in it, or no file. */
  get blank(): boolean {
    return this.#size === 0
  }

  get path(): string {
    return `${this.#context.dir}/${this.name}`
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
    if (!this.#isKnown(found)) await this.#open(found)
    this.#isFresh ||= this.#size === 0
    const { records, boundary, joins } = await scanRange(
      await this.#writable(),
      this.#size,
      found.size,
    )
    if (!joins) return this.forget()
    this.#records += records
    this.#size += boundary
    this.#header ??= await readHeader(await this.#writable(), this.#size)
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
    if (!isOther && found.size === this.#size && !this.#suspect) return false
    if (this.#suspect) await this.#writeAgain(found.size)
    if (!(await this.#readTo(found.size))) await this.#setAside(found.size)
    this.#isFresh = false
    return isOther
  }

  /**
   * Appends rows in one write, or several if there are more than {@link MAX_UNSYNCED} bytes, after
   * the header if there is nothing yet. If that fails, they are cut off again as far as the disk
   * allows; the {@link AppendError} says how far that was.
   */
  async append(header: readonly string[], rows: readonly string[][]): Promise<void> {
    const file = await this.#writable()
    const records = this.blank ? [[...header], ...rows] : [...rows]
    const bytes = await formatInTurns(records)
    try {
      for (let at = 0; at < bytes.length; at += MAX_UNSYNCED) {
        await this.#write(file, bytes.subarray(at, at + MAX_UNSYNCED), this.#size + at)
      }
    } catch (error) {
      const isCut = await this.#cutBack(file)
      throw error instanceof AppendError ? error : new AppendError(error, isCut)
    }
    this.#header ??= header
    this.#size += bytes.length
    this.#records += records.length
  }

  /** Brings what rows there are to the disk, if that was not done with each batch. */
  async settle(): Promise<void> {
    if (this.#context.sync || this.#synced >= this.#size) return
    await this.#bring(await this.#writable())
    this.#synced = this.#size
  }

  /** Makes the file if there is none; gives whether it did. */
  async create(): Promise<boolean> {
    if (this.#identity !== undefined) return false
    this.#file = await this.#context.fs.open(this.path, 'create')
    this.#identity = await this.#file.stat()
    return true
  }

  /** Closes the file and forgets all about it. */
  async forget(): Promise<void> {
    this.#identity = this.#header = undefined
    this.#size = this.#records = this.#synced = 0
    this.#suspect = this.#isFresh = false
    await this.close()
  }

  /** Closes the file; what is known stays. A fault is told of: no sample can be rejected for it. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    try {
      await file?.close()
    } catch (cause) {
      const message = `${this.name} could not be closed: rows that were not synced may be lost`
      this.#context.report(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
    }
  }

  async #write(file: OpenFile, bytes: Uint8Array, at: number): Promise<void> {
    const end = at + bytes.length
    // Also what others wrote and did not sync.
    if (end - Math.min(this.#synced, at) > MAX_UNSYNCED) {
      await file.datasync()
      this.#synced = at
    }
    await writeAll(file, bytes, at)
    if (!this.#context.sync) return
    const isThere = await this.#syncAndLook({ file, path: this.path, from: this.#size, end })
    // A copy that somebody made meanwhile may have the rows, and names their files.
    if (!isThere) throw new AppendError(changed(this.name, 'written'), false)
    this.#synced = end
  }

  async #syncAndLook(written: Written): Promise<boolean> {
    const { fs, quick } = this.#context
    const { file } = written
    if (quick.ofOpenFiles && isInMemory(written)) {
      await file.datasync()
      return isKeptNow(fs, written)
    }
    // Beside the sync, which takes longer: on its own it would cost a tenth of a batch.
    const looking = isKept(fs, written)
    try {
      await file.datasync()
    } finally {
      await looking
    }
    return looking
  }

  /** Syncs. A descriptor that has told of a failure says nothing of it any more, and is left. */
  async #bring(file: OpenFile): Promise<void> {
    try {
      await file.datasync()
    } catch (error) {
      this.#suspect = true
      await this.close()
      throw error
    }
  }

  #isKnown(found: FileStat): boolean {
    const own = this.#identity
    return own?.ino === found.ino && own.dev === found.dev && found.size >= this.#size
  }

  async #open(found: FileStat): Promise<void> {
    await this.forget()
    if (found.kind !== 'file') throw notAFile(this.name)
    this.#file = await this.#context.fs.open(this.path, 'write')
    const opened = await this.#file.stat()
    if (opened.kind !== 'file') throw notAFile(this.name)
    if (opened.ino !== found.ino || opened.dev !== found.dev) throw changed(this.name, 'read')
    this.#identity = opened
  }

  async #writable(): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    const file = await this.#context.fs.open(this.path, 'write')
    try {
      const { dev, ino } = await file.stat()
      if (this.#identity?.ino !== ino || this.#identity.dev !== dev)
        throw changed(this.name, 'read')
      return (this.#file = file)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Reads on from where reading stopped; false if the file ends inside a record. */
  async #readTo(size: number): Promise<boolean> {
    if (this.#size === 0) return this.#readAgain(size)
    const { records, boundary, joins } = await scanRange(await this.#writable(), this.#size, size)
    const isWhole = this.#size + boundary === size
    // What was read long ago may have been edited: only a look at the whole file condemns its end.
    if (!joins || !(isWhole || this.#isFresh)) return this.#readAgain(size)
    this.#records += records
    this.#size += boundary
    return isWhole
  }

  /** Reads the file from its start; false if it ends inside a record. */
  async #readAgain(size: number): Promise<boolean> {
    const file = await this.#writable()
    const { records, boundary } = await scanRange(file, 0, size)
    this.#header = await readHeader(file, boundary)
    this.#records = records
    this.#size = boundary
    return boundary === size
  }

  /**
   * Brings to the disk what a failed sync may have left behind: rows that could not be cut off, and
   * cuts. The kernel counts such bytes as written, and shows them, but no later sync brings them.
   */
  async #writeAgain(size: number): Promise<void> {
    const file = await this.#writable()
    const { sync } = this.#context
    let at = sync ? this.#size : Math.max(this.#synced, this.#size - MAX_UNSYNCED)
    for await (const chunk of readRange(file, at, size)) {
      await writeAll(file, chunk, at)
      at += chunk.length
    }
    await this.#bring(file)
    this.#synced = this.#size
    this.#suspect = false
  }

  /** Keeps what follows the last whole record in a file of its own and cuts it off. */
  async #setAside(size: number): Promise<void> {
    const { fs, folder, report } = this.#context
    const file = await this.#writable()
    if ((await file.stat()).size !== size) throw changed(this.name, 'read')
    const name = await quarantine(fs, folder, file, [{ start: this.#size, end: size }])
    this.#suspect = true
    await file.truncate(this.#size)
    // Cut for good before anything takes its place: half of the one and half of the other may parse.
    await this.#bring(file)
    this.#suspect = false
    report(tornRow(this.name, size - this.#size, name))
  }

  async #cutBack(file: OpenFile): Promise<boolean> {
    this.#suspect = true
    this.#file = undefined
    try {
      // One that somebody has cut must not grow again.
      if ((await file.stat()).size > this.#size) await file.truncate(this.#size)
      // Without one, too: pages of these rows may reach the disk beside some of the next.
      await file.datasync()
      return true
    } catch {
      return false
    } finally {
      // After a failed sync the kernel's word on this descriptor is worth nothing.
      await file.close().catch(() => undefined)
    }
  }
}
