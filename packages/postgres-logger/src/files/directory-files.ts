import { dirname, join, resolve } from 'node:path'
import { type FlaggedFile, FlaggingError } from '@flagging/core'
import {
  type ByteSource,
  type FileSystem,
  nodeFileSystem,
  randomName,
  unless,
  writeAll,
} from '@flagging/core/store'
import { checkedKey } from './checked-key.ts'
import { FileContent } from './file-content.ts'
import type { FileStore, StoredFacts } from './file-store.ts'
import { directoryError } from './directory-error.ts'
import { directorySource } from './directory-source.ts'
import { noLinks, ownFolder } from './own-folder.ts'

const GONE = 'ENOENT ENOTDIR'
/** Where files are written before they get their name; no key leads there. */
const UPLOADS = '.uploads'
/** After this long, nobody writes to an upload any more. */
const ABANDONED_MS = 24 * 3600 * 1000
/** How often a folder is made anew that somebody who deletes takes away at the same moment. */
const MAX_TRIES = 16

/**
 * Files of samples in a directory of this machine, or of a network file system that all instances
 * mount. It is made with the first file, for this user alone: folders 0700, files 0600. A file is
 * written under another name, brought to the disk and then given its own, so that nobody ever reads a
 * half; no symbolic link in the directory is followed, and no key leads out of it.
 */
export class DirectoryFiles implements FileStore {
  readonly #dir: string
  readonly #fs: FileSystem = nodeFileSystem

  /**
   * @param dir its path; nothing is made or read before it is needed
   * @throws FlaggingError `ERR_FLAGGING_OPTION`
   */
  constructor(dir: string) {
    if (typeof dir !== 'string' || dir === '') {
      throw new FlaggingError('ERR_FLAGGING_OPTION', 'DirectoryFiles takes the path of a directory')
    }
    this.#dir = resolve(dir)
  }

  async put(key: string, file: FlaggedFile): Promise<StoredFacts> {
    const path = join(this.#dir, checkedKey(key))
    const content = new FileContent(file)
    try {
      const upload = await this.#upload(content)
      try {
        await this.#name(upload, path)
      } catch (error) {
        await this.#fs.unlink(upload).catch(() => undefined)
        throw error
      }
      return content.facts
    } catch (error) {
      throw content.failure ?? directoryError(error, this.#dir, 'stored in')
    }
  }

  open(key: string, size: number): ByteSource {
    return directorySource(this.#fs, this.#dir, checkedKey(key), size)
  }

  async remove(keys: readonly string[]): Promise<void> {
    const folders = new Map<string, string[]>()
    for (const key of keys) {
      const path = join(this.#dir, checkedKey(key))
      folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), path])
    }
    try {
      for (const [folder, paths] of folders) await this.#removeFrom(folder, paths)
    } catch (error) {
      throw directoryError(error, this.#dir, 'deleted from')
    }
  }

  /** Stores a file and deletes it again; and deletes what writers left unfinished that died. */
  async check(): Promise<void> {
    try {
      const uploads = await this.#uploads()
      const path = join(uploads, `${randomName()}.tmp`)
      await (await this.#fs.open(path, 'create')).close()
      await this.#fs.unlink(path)
      await this.#sweep(uploads)
    } catch (error) {
      throw directoryError(error, this.#dir, 'stored in')
    }
  }

  /** Nothing is open between calls. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  async #upload(content: FileContent): Promise<string> {
    const path = join(await this.#uploads(), `${randomName()}.tmp`)
    const target = await this.#fs.open(path, 'create')
    try {
      let size = 0
      for await (const chunk of content.chunks()) {
        await writeAll(target, chunk, size)
        size += chunk.length
      }
      await target.sync()
    } catch (error) {
      await target.close().catch(() => undefined)
      await this.#fs.unlink(path).catch(() => undefined)
      throw error
    }
    await target.close()
    return path
  }

  async #uploads(): Promise<string> {
    const folder = join(this.#dir, UPLOADS)
    await ownFolder(this.#fs, this.#dir, folder)
    return folder
  }

  async #name(upload: string, path: string): Promise<void> {
    const folder = dirname(path)
    for (let tries = 1; ; tries++) {
      // Rejects with `ENOENT` too where somebody takes away what it makes.
      const named = ownFolder(this.#fs, this.#dir, folder)
        .then(() => this.#fs.rename(upload, path))
        .then(() => true)
      if (await (tries < MAX_TRIES ? unless('ENOENT', named) : named)) break
    }
    await this.#fs.syncDirectory(folder)
  }

  async #removeFrom(folder: string, paths: readonly string[]): Promise<void> {
    const found = await unless(
      GONE,
      noLinks(this.#fs, this.#dir, folder).then(() => true),
    )
    if (found === undefined) return
    for (const path of paths) await unless(GONE, this.#fs.unlink(path))
    let left = folder
    while (left !== this.#dir && (await this.#isRemoved(left))) left = dirname(left)
    await unless(GONE, this.#fs.syncDirectory(left))
  }

  async #isRemoved(folder: string): Promise<boolean> {
    const removal = this.#fs.rmdir(folder).then(() => true)
    return (await unless('ENOTEMPTY EEXIST EBUSY ENOENT EPERM EACCES', removal)) ?? false
  }

  async #sweep(uploads: string): Promise<void> {
    const before = Date.now() - ABANDONED_MS
    for (const { name } of await this.#fs.readdir(uploads)) {
      const path = join(uploads, name)
      const stat = await unless('ENOENT', this.#fs.lstat(path))
      if (stat?.kind === 'file' && stat.mtimeMs < before) {
        await unless('ENOENT', this.#fs.unlink(path))
      }
    }
  }
}
