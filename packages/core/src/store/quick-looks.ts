import { performance } from 'node:perf_hooks'
import type { FileSystem } from './file-system.ts'

const RECENT_MS = 1000

/**
 * Knows when a look at the files of a dataset costs the host's thread microseconds: on a disk of this
 * machine, where the kernel answers from its memory. A thread of the pool costs ten times as much to
 * ask. Where a server may have to be asked, it is asked by a thread: it may never answer.
 */
export class QuickLooks {
  #isLocal = false
  #lookedAt = Number.NEGATIVE_INFINITY

  /** Finds out what disk a folder is on. */
  async begin(fs: FileSystem, dir: string): Promise<void> {
    this.#lookedAt = Number.NEGATIVE_INFINITY
    this.#isLocal = await fs.isLocal(dir).catch(() => false)
  }

  /** Whether open files, and their bytes beside those just written, may be looked at at once. */
  get ofOpenFiles(): boolean {
    return this.#isLocal
  }

  /** Whether names may be: those that were looked at a moment ago are in the kernel's memory. */
  get ofNames(): boolean {
    return this.#isLocal && performance.now() - this.#lookedAt < RECENT_MS
  }

  /** Says that the names were just looked at. */
  looked(): void {
    this.#lookedAt = performance.now()
  }
}
