import { dirname, join } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { unless } from './disk.ts'
import type { FileSystem } from './file-system.ts'

const FRESH_MS = 1000

/**
 * Refuses samples while the disk is too full or the directory too large, before anything is written.
 * It looks once a second at the most.
 */
export class DiskGuard {
  readonly #fs: FileSystem
  readonly #dir: string
  readonly #limits: { readonly minFreeBytes: number; readonly dirBytes: number }
  #checkedAt = Number.NEGATIVE_INFINITY
  #problem: FlaggingError | undefined
  #checking: Promise<void> | undefined

  constructor(
    fs: FileSystem,
    dir: string,
    limits: { readonly minFreeBytes: number; readonly dirBytes: number },
  ) {
    this.#fs = fs
    this.#dir = dir
    this.#limits = limits
  }

  /** Gives nothing while the last look is fresh and found room; else a promise that may reject. */
  check(): Promise<void> | undefined {
    if (Date.now() - this.#checkedAt < FRESH_MS) {
      return this.#problem && Promise.reject(this.#problem)
    }
    this.#checking ??= this.#look().finally(() => (this.#checking = undefined))
    return this.#checking.then(() => {
      if (this.#problem) throw this.#problem
    })
  }

  async #look(): Promise<void> {
    const { minFreeBytes, dirBytes } = this.#limits
    this.#problem = undefined
    try {
      const free = minFreeBytes > 0 ? await this.#free(this.#dir) : Number.POSITIVE_INFINITY
      if (free < minFreeBytes) {
        this.#problem = full(`Fewer than ${minFreeBytes} bytes are free on the disk of \`dir\``)
      } else if (Number.isFinite(dirBytes) && (await this.#size(this.#dir)) >= dirBytes) {
        this.#problem = full(`\`dir\` has reached its limit of ${dirBytes} bytes`)
      }
    } finally {
      this.#checkedAt = Date.now()
    }
  }

  /** Asked of the nearest directory that exists: `dir` itself is made with the first sample. */
  async #free(path: string): Promise<number> {
    const free = await unless('ENOENT', this.#fs.freeBytes(path))
    return free ?? (path === dirname(path) ? Number.POSITIVE_INFINITY : this.#free(dirname(path)))
  }

  async #size(path: string): Promise<number> {
    let size = 0
    for (const entry of (await unless('ENOENT', this.#fs.readdir(path))) ?? []) {
      const child = join(path, entry.name)
      if (entry.kind === 'directory') size += await this.#size(child)
      else size += (await unless('ENOENT', this.#fs.lstat(child)))?.size ?? 0
    }
    return size
  }
}

function full(what: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_DISK_FULL',
    `${what}: samples are refused until there is room.`,
  )
}
