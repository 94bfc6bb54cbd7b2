import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { DatasetLock } from '../store/dataset-lock.ts'
import { unless } from '../store/disk.ts'
import type { FileStat, FileSystem, OpenFile } from '../store/file-system.ts'

const MAX_WAIT_MS = 2000
const POLL_MS = 20
/** How long a tail must stay as it is where nobody can be asked for the lock. */
const SETTLED_MS = 500

/**
 * Whether an unfinished record at the end of a log is for good, because its writer has died. Nothing
 * is written for it: a lock that is there is tried and given back, and where there is none, a tail
 * that does not change within half a second counts as torn.
 * @param seen the log when its tail was read
 * @param folder the dataset's `.flagging`
 */
export async function isTorn(
  fs: FileSystem,
  log: string,
  seen: FileStat,
  folder: string,
): Promise<boolean> {
  const path = new DatasetLock(fs, folder).path
  const lock =
    fs.lockProblem() === undefined
      ? await unless('ENOENT ENOTDIR ELOOP EACCES EPERM EROFS', fs.open(path, 'write'))
      : undefined
  const since = performance.now()
  try {
    for (;;) {
      // In this order: what is unfinished while nobody holds the lock stays so.
      const state = lock === undefined ? 'unknown' : stateOf(lock)
      if (!isSameAs(seen, await unless('ENOENT', fs.lstat(log)))) return false
      if (state === 'free') return true
      const waited = performance.now() - since
      if (state === 'unknown' && waited > SETTLED_MS) return true
      if (waited > MAX_WAIT_MS) return false
      await delay(POLL_MS)
    }
  } finally {
    await lock?.close()
  }
}

function stateOf(lock: OpenFile): 'free' | 'held' | 'unknown' {
  try {
    if (!lock.tryLock()) return 'held'
    lock.unlock()
    return 'free'
  } catch {
    return 'unknown'
  }
}

function isSameAs(seen: FileStat, now: FileStat | undefined): boolean {
  return seen.ino === now?.ino && seen.dev === now.dev && seen.size === now.size
}
