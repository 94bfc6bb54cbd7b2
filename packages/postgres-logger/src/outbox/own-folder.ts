import { nodeFileSystem as fs, makeDirectories, randomName, unless } from '@flagging/core/store'
import { FolderLock } from './folder-lock.ts'
import { noLock, outboxError } from './outbox-errors.ts'
import { removeTree } from './spool-disk.ts'

const MAX_TRIES = 16
/** What the folders of processes are called. */
export const FOLDER_NAME: RegExp = /^[\w-]{12}$/

/** The folder of this process in an outbox, which nobody else touches for as long as it lives. */
export class OwnFolder {
  readonly path: string
  readonly #lock: FolderLock

  private constructor(path: string, lock: FolderLock) {
    this.path = path
    this.#lock = lock
  }

  /**
   * Makes one.
   * @param outbox made if it is not there
   * @param destination which database its samples are for
   * @throws FlaggingError `ERR_FLAGGING_STORE` or `ERR_FLAGGING_LOCK`, with what to do
   */
  static async make(outbox: string, destination: string): Promise<OwnFolder> {
    const problem = fs.lockProblem()
    if (problem !== undefined) throw noLock(problem)
    try {
      await makeDirectories(fs, outbox, true)
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const made = await OwnFolder.#make(outbox, destination)
        if (made !== undefined) return made
      }
      throw new Error('Somebody removes each folder that is made')
    } catch (error) {
      throw outboxError(outbox, 'cannot be written', error)
    }
  }

  static async #make(outbox: string, destination: string): Promise<OwnFolder | undefined> {
    const path = `${outbox}/${randomName()}`
    // Somebody may see a folder without an owner, and remove it, even while it is being made.
    const making = fs.mkdir(path).then(() => true)
    if ((await unless('ENOENT', making)) === undefined) return undefined
    let lock: FolderLock | undefined
    try {
      lock = await FolderLock.make(path)
      if (lock === undefined) return undefined
      await lock.label(destination)
      for (const dir of [path, outbox]) await unless('EACCES EPERM', fs.syncDirectory(dir))
      return new OwnFolder(path, lock)
    } catch (error) {
      // On a full disk each flag comes here: none may leave anything behind.
      await lock?.release()
      await removeTree(path).catch(() => undefined)
      throw error
    }
  }

  /** Whether it is still there: nobody has removed it. */
  isInPlace(): Promise<boolean> {
    return this.#lock.isInPlace()
  }

  /** Gives it up: what is left in it is for others. An empty one is removed. */
  async release(): Promise<void> {
    try {
      const entries = (await unless('ENOENT', fs.readdir(this.path))) ?? []
      const isEmpty = entries.every(({ kind }) => kind === 'file')
      if (isEmpty) await this.#lock.remove()
      if (isEmpty) await unless('ENOENT ENOTEMPTY EEXIST', fs.rmdir(this.path))
    } finally {
      await this.#lock.release()
    }
  }
}
