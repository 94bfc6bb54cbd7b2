import { nodeFileSystem as fs, unless } from '@flagging/core/store'
import { FolderLock } from './folder-lock.ts'
import { outboxError } from './outbox-errors.ts'
import { FOLDER_NAME } from './own-folder.ts'
import type { Report } from './segment.ts'
import { foldersIn } from './spool-disk.ts'

/** Whoever takes over what processes have left that died. */
export interface Adopter {
  /** The outbox. */
  readonly dir: string
  /** Which database samples go to. */
  readonly destination: string
  /** The folder that segments are moved to; made when there is one to move. */
  folder(): Promise<string>
  /** The path of that folder, if it is made. */
  readonly ownPath: string | undefined
  /** Told of samples that are for another database. */
  foreign(path: string, destination: string): void
  /** Told of what cannot be taken over. */
  readonly report: Report
  /** Whether to go on. */
  readonly isActive: boolean
}

/**
 * Moves the segments of processes that died into the folder of this one, each as a whole: should this
 * one die meanwhile, each is in one of two folders without an owner. Gives how many there were.
 */
export async function adopt(adopter: Adopter): Promise<number> {
  let moved = 0
  for (const name of await foldersIn(adopter.dir)) {
    const path = `${adopter.dir}/${name}`
    if (!adopter.isActive) break
    if (!FOLDER_NAME.test(name) || path === adopter.ownPath) continue
    try {
      moved += await adoptOne(adopter, path)
    } catch (error) {
      // The next one may do better.
      adopter.report(outboxError(path, 'cannot be taken over', error))
    }
  }
  return moved
}

async function adoptOne(adopter: Adopter, path: string): Promise<number> {
  const lock = await FolderLock.take(path)
  if (lock === undefined) return 0
  try {
    return await takeOver(adopter, path, lock)
  } finally {
    await lock.release()
  }
}

async function takeOver(adopter: Adopter, path: string, lock: FolderLock): Promise<number> {
  const label = await lock.labelled()
  const names = await foldersIn(path)
  if (label !== '' && label !== adopter.destination) {
    if (names.length > 0) adopter.foreign(path, label)
    return 0
  }
  let moved = 0
  for (const name of names) {
    if (!adopter.isActive) break
    await fs.rename(`${path}/${name}`, `${await adopter.folder()}/${name}`)
    moved++
  }
  if (moved > 0) {
    for (const dir of [await adopter.folder(), path]) await fs.syncDirectory(dir)
  }
  if (moved < names.length) return moved
  await lock.remove()
  await unless('ENOENT ENOTEMPTY EEXIST', fs.rmdir(path))
  return moved
}
