import { readRange, writeAll } from './disk.ts'
import type { OpenFile } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import type { LogHandle } from './log-handle.ts'
import { type Written, isInMemory, isKept, isKeptNow } from './log-kept.ts'
import { MAX_UNSYNCED } from './log-scan.ts'
import { quarantine } from './quarantine.ts'
import { AppendError, changed, tornRow } from './store-errors.ts'

/** Writes to a log, and knows up to where it is on the disk. */
export class LogWriter {
  readonly #context: LogContext
  readonly #handle: LogHandle
  /** Up to which byte the file is known to be on the disk. */
  #synced = 0
  #suspect = false

  constructor(context: LogContext, handle: LogHandle) {
    this.#context = context
    this.#handle = handle
  }

  /** Whether a sync has failed, so that the disk may have other bytes than the kernel shows. */
  get isSuspect(): boolean {
    return this.#suspect
  }

  /** Forgets what is known. */
  reset(synced = 0): void {
    this.#synced = synced
    this.#suspect = false
  }

  /**
   * Writes rows behind the last one, in one write, or several if there are more than
   * {@link MAX_UNSYNCED} bytes. If that fails, they are cut off again as far as the disk allows; the
   * {@link AppendError} says how far that was.
   * @param start where the last row ends
   */
  async append(bytes: Uint8Array, start: number): Promise<void> {
    const file = await this.#handle.writable()
    try {
      for (let at = 0; at < bytes.length; at += MAX_UNSYNCED) {
        await this.#write(file, bytes.subarray(at, at + MAX_UNSYNCED), start + at, start)
      }
    } catch (error) {
      const isCut = await this.#cutBack(file, start)
      throw error instanceof AppendError ? error : new AppendError(error, isCut)
    }
  }

  /** Brings what rows there are to the disk, if that was not done with each batch. */
  async settle(size: number): Promise<void> {
    if (this.#context.sync || this.#synced >= size) return
    await this.#bring(await this.#handle.writable())
    this.#synced = size
  }

  /**
   * Brings to the disk what a failed sync may have left behind: rows that could not be cut off, and
   * cuts. The kernel counts such bytes as written, and shows them, but no later sync brings them.
   * @param known where the last known row ends
   * @param size how long the file is
   */
  async writeAgain(known: number, size: number): Promise<void> {
    const file = await this.#handle.writable()
    const { sync } = this.#context
    let at = sync ? known : Math.max(this.#synced, known - MAX_UNSYNCED)
    for await (const chunk of readRange(file, at, size)) {
      await writeAll(file, chunk, at)
      at += chunk.length
    }
    await this.#bring(file)
    this.#synced = known
    this.#suspect = false
  }

  /** Keeps what follows the last whole record in a file of its own and cuts it off. */
  async setAside(end: number, size: number): Promise<void> {
    const { fs, folder, report } = this.#context
    const { name } = this.#handle
    const file = await this.#handle.writable()
    if ((await file.stat()).size !== size) throw changed(name, 'read')
    const keptAs = await quarantine(fs, folder, file, [{ start: end, end: size }])
    this.#suspect = true
    await file.truncate(end)
    // Cut for good before anything takes its place: half of the one and half of the other may parse.
    await this.#bring(file)
    this.#suspect = false
    report(tornRow(name, size - end, keptAs))
  }

  async #write(file: OpenFile, bytes: Uint8Array, at: number, start: number): Promise<void> {
    const end = at + bytes.length
    // Also what others wrote and did not sync.
    if (end - Math.min(this.#synced, at) > MAX_UNSYNCED) {
      await file.datasync()
      this.#synced = at
    }
    await writeAll(file, bytes, at)
    if (!this.#context.sync) return
    const { path, name } = this.#handle
    const isThere = await this.#syncAndLook({ file, path, from: start, end })
    // A copy that somebody made meanwhile may have the rows, and names their files.
    if (!isThere) throw new AppendError(changed(name, 'written'), false)
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
      await this.#handle.close()
      throw error
    }
  }

  async #cutBack(file: OpenFile, start: number): Promise<boolean> {
    this.#suspect = true
    this.#handle.letGo()
    try {
      // One that somebody has cut must not grow again.
      if ((await file.stat()).size > start) await file.truncate(start)
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
