import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { PLACES, stuck, tryLock } from './dataset-lock.ts'
import { openOrCreate } from './disk.ts'
import type { FileSystem } from './file-system.ts'

const POLL_MS = 5
const MAX_WAIT_MS = 30_000

/**
 * Does something while nobody else deletes rows of a dataset: each of several would find its log
 * replaced by another one, over and over. Where no parts of files can be locked, they have to.
 * @param folder the dataset's `.flagging`
 */
export async function inTurn<T>(
  fs: FileSystem,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const turn = await openOrCreate(fs, `${folder}/turn`)
  try {
    const until = performance.now() + MAX_WAIT_MS
    // The byte behind those of the ones who wait for the lock.
    while (!tryLock(turn, PLACES)) {
      if (performance.now() > until) throw stuck()
      await delay(POLL_MS)
    }
    return await work()
  } finally {
    await turn.close().catch(() => undefined)
  }
}
