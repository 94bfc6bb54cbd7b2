import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { FlaggingError } from '../errors.ts'
import { openOrCreate } from './disk.ts'
import type { FileStat, FileSystem, OpenFile } from './file-system.ts'

/** Those who wait in order; more wait without one. */
export const PLACES = 8
const MIN_POLL_MS = 1
const MAX_POLL_MS = 4
const MAX_TURN_MS = 250
const ROUND_MS = 10

/**
 * The lock of one dataset: among loggers of a process, worker threads and processes. The kernel holds
 * it, so it dies with its holder. It is polled for, never waited on: a blocking wait would occupy a
 * thread of the pool for as long as a stopped neighbour sleeps.
 */
export class DatasetLock {
  readonly #fs: FileSystem
  readonly #folder: string
  #lock: OpenFile | undefined
  #turn: OpenFile | undefined
  #identity: FileStat | undefined
  #roundEnds = 0

  /** @param folder the dataset's `.flagging` */
  constructor(fs: FileSystem, folder: string) {
    this.#fs = fs
    this.#folder = folder
  }

  /** The file whose lock is the dataset's. */
  get path(): string {
    return `${this.#folder}/lock`
  }

  /** Opens the lock files unless they are open. */
  async open(): Promise<void> {
    if (this.#identity !== undefined) return
    this.#lock ??= await openOrCreate(this.#fs, this.path)
    // Those who wait hold bytes of it, so that a busy neighbour cannot keep the lock for ever.
    this.#turn ??= await openOrCreate(this.#fs, `${this.#folder}/turn`)
    this.#identity = await this.#lock.stat()
  }

  /** Whether what lies at {@link path} is the file that is locked here. */
  isAt(found: FileStat | undefined): boolean {
    const own = this.#identity
    return found !== undefined && own?.ino === found.ino && own.dev === found.dev
  }

  /**
   * Takes the lock; gives whether it could.
   * @param until by `performance.now()`; one attempt is made even if that has passed
   */
  async acquire(until: number): Promise<boolean> {
    const lock = this.#lock
    const turn = this.#turn
    if (lock === undefined || turn === undefined) throw new Error('The lock is not open')
    if (performance.now() < this.#roundEnds && tryLock(lock)) return true
    this.#roundEnds = 0
    const isTaken = await takeInTurn(lock, turn, until)
    if (isTaken) this.#roundEnds = performance.now() + ROUND_MS
    return isTaken
  }

  release(): void {
    this.#lock?.unlock()
  }

  /** Closes the files, which gives the lock up. They hold nothing that a fault could lose. */
  async close(): Promise<void> {
    const files = [this.#lock, this.#turn]
    this.#lock = this.#turn = this.#identity = undefined
    for (const file of files) await file?.close().catch(() => undefined)
  }
}

/**
 * Takes the lock as one of a queue, of which each place is a byte of `turn`: nobody comes to a place
 * but from the one behind it, so nobody overtakes.
 */
async function takeInTurn(lock: OpenFile, turn: OpenFile, until: number): Promise<boolean> {
  // Whoever is in front may have been stopped: then the order is lost, but not the lock.
  const patience = performance.now() + MAX_TURN_MS
  let place = PLACES
  const leave = (): void => {
    if (place < PLACES) turn.unlock(place)
  }
  try {
    for (;;) {
      while (place > 0 && tryLock(turn, place - 1)) {
        leave()
        place--
      }
      if ((place === 0 || performance.now() > patience) && tryLock(lock)) return true
      if (performance.now() >= until) return false
      await delay(Math.min(MIN_POLL_MS + place, MAX_POLL_MS))
    }
  } finally {
    leave()
  }
}

/** Takes the lock of a file, or of one byte of it, if it is free; says what to do where none can be had. */
export function tryLock(file: OpenFile, byte?: number): boolean {
  try {
    return file.tryLock(byte)
  } catch (cause) {
    throw new FlaggingError(
      'ERR_FLAGGING_LOCK',
      'The file system of the dataset cannot lock files. Store it on a local disk, or use ' +
        '`new CSVLogger({ exclusive: true })` if this process is the only writer',
      { cause },
    )
  }
}

/** What flags are rejected with while the lock does not become free. */
export function stuck(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_LOCK',
    'Another process holds the lock of the dataset and does not go on. Flagging resumes by itself ' +
      'when it does, or ends',
  )
}
