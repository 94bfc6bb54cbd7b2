import { nodeFileSystem as fs, type OpenFile, unless, writeAll } from '@flagging/core/store'
import { noLock } from './outbox-errors.ts'

const NAME = 'lock'
const MAX_LABEL = 4096

/**
 * The lock of a process's folder in the outbox. The kernel holds it, so it dies with its holder, and
 * whoever takes it then takes over what is in the folder.
 */
export class FolderLock {
  readonly #path: string
  readonly #file: OpenFile

  private constructor(path: string, file: OpenFile) {
    this.#path = path
    this.#file = file
  }

  /**
   * Makes the lock of a new folder, and takes it; `undefined` where somebody was there before.
   * @throws FlaggingError `ERR_FLAGGING_LOCK` where nothing can be locked
   */
  static async make(folder: string): Promise<FolderLock | undefined> {
    const path = `${folder}/${NAME}`
    return FolderLock.#lock(path, await unless('EEXIST ENOENT', fs.open(path, 'create')))
  }

  /**
   * Takes the lock of a folder that was found; `undefined` where its owner lives, or somebody else has
   * taken the folder over.
   * @throws FlaggingError `ERR_FLAGGING_LOCK` where nothing can be locked
   */
  static async take(folder: string): Promise<FolderLock | undefined> {
    const path = `${folder}/${NAME}`
    const found = await unless('ENOENT', fs.open(path, 'write'))
    // Its owner died before it had one, or somebody moved rows back that were set aside.
    return FolderLock.#lock(path, found ?? (await unless('EEXIST ENOENT', fs.open(path, 'create'))))
  }

  static async #lock(path: string, file: OpenFile | undefined): Promise<FolderLock | undefined> {
    if (file === undefined) return undefined
    const lock = new FolderLock(path, file)
    try {
      if (tryLock(file) && (await lock.isInPlace())) return lock
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return undefined
  }

  /** Whether the file that is locked is the one that others would try to lock. */
  async isInPlace(): Promise<boolean> {
    const found = await unless('ENOENT ENOTDIR', fs.lstat(this.#path))
    const own = await this.#file.stat()
    return found?.ino === own.ino && found.dev === own.dev
  }

  /** Says which database the folder's samples are for. */
  async label(destination: string): Promise<void> {
    await writeAll(this.#file, Buffer.from(destination), 0)
    await this.#file.sync()
  }

  /** Which database they are for; the empty string where nobody said. */
  async labelled(): Promise<string> {
    const { size } = await this.#file.stat()
    const bytes = Buffer.alloc(Math.min(size, MAX_LABEL))
    // By the same descriptor: on Windows, a lock keeps others from reading.
    const count = bytes.length > 0 ? await this.#file.read(bytes, 0, bytes.length, 0) : 0
    return bytes.toString('utf8', 0, count)
  }

  /** Deletes its file, before the folder is deleted. */
  async remove(): Promise<void> {
    await unless('ENOENT ENOTDIR', fs.unlink(this.#path))
  }

  /** Gives it up. */
  async release(): Promise<void> {
    await this.#file.close()
  }
}

function tryLock(file: OpenFile): boolean {
  try {
    return file.tryLock()
  } catch (cause) {
    throw noLock(cause)
  }
}
