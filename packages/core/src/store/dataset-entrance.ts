import { performance } from 'node:perf_hooks'
import type { DatasetFiles } from './dataset-files.ts'
import { type DatasetLock, stuck } from './dataset-lock.ts'
import { errnoOf, unless } from './disk.ts'
import type { LogContext } from './log-context.ts'
import { removed } from './store-errors.ts'
import type { Survey } from './survey.ts'

const MAX_WAIT_MS = 2000
const MIN_WAIT_MS = 100
const MAX_PATIENCE_MS = 8000
// What may be read while others wait: some hundredths of a second.
const MAX_UNREAD = 8 * 1024 * 1024
const MAX_ROUNDS = 5

/** The way into a dataset: its lock, if it needs one, and what has to be known once it is taken. */
export class DatasetEntrance {
  readonly #context: LogContext
  readonly #files: DatasetFiles
  readonly #lock: DatasetLock | undefined
  #isOpen = false
  #isStuck = false

  /** @param lock absent where this is the only writer */
  constructor(context: LogContext, files: DatasetFiles, lock: DatasetLock | undefined) {
    this.#context = context
    this.#files = files
    this.#lock = lock
  }

  /** Makes the folders that are missing and opens the lock. */
  async open(): Promise<void> {
    if (this.#isOpen) return
    await this.#files.begin()
    await this.#lock?.open()
    this.#isOpen = true
  }

  /** Opens everything again if the dataset was removed. */
  async reopen(): Promise<void> {
    const { fs, folder } = this.#context
    if ((await unless('ENOENT ENOTDIR', fs.lstat(folder))) !== undefined) return
    await this.shut()
    await this.open()
  }

  /** Closes all logs and the lock. */
  async shut(): Promise<void> {
    this.#isOpen = false
    await this.#files.close()
    await this.#lock?.close()
  }

  /**
   * Does something under the lock, with everything known that others have written.
   * @param since by `performance.now()`: from when on it was waited for
   */
  async inside<T>(since: number, work: () => Promise<T>): Promise<T> {
    const survey = await this.#enter(since)
    try {
      await this.#catchUp(survey)
      return await work()
    } finally {
      this.#lock?.release()
    }
  }

  /** Takes the lock and looks around, until the lock is that of the dataset as it is now. */
  async #enter(since: number): Promise<Survey> {
    for (let round = 1; ; round++) {
      await this.open()
      await this.#acquire(since)
      let survey: Survey | undefined
      try {
        survey = await this.#files.survey()
      } finally {
        if (survey === undefined) this.#lock?.release()
      }
      const isInPlace = this.#lock?.isAt(survey.guard) ?? survey.guard !== undefined
      if (isInPlace && (round > MAX_ROUNDS || this.#files.unread(survey) <= MAX_UNREAD)) {
        return survey
      }
      this.#lock?.release()
      if (isInPlace) await this.#files.readAhead(survey)
      else if (round > MAX_ROUNDS) throw removed()
      else await this.shut()
    }
  }

  /** Takes in what was found; looks again if a log was renamed or removed before it was opened. */
  async #catchUp(found: Survey): Promise<void> {
    let survey = found
    for (let round = 1; ; round++) {
      try {
        return await this.#files.catchUp(survey)
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || round > MAX_ROUNDS) throw error
        survey = await this.#files.survey()
      }
    }
  }

  /**
   * Takes the lock. Many neighbours may take their time; but if none of them does anything for a
   * second, after one that was waited before, whoever has it has been stopped.
   */
  async #acquire(since: number): Promise<void> {
    if (this.#lock === undefined) return
    const start = performance.now()
    // What waited behind a stuck batch has had its time.
    const left = this.#isStuck ? Math.max(since + MAX_WAIT_MS - start, MIN_WAIT_MS) : MAX_WAIT_MS
    let seen = ''
    while (!(await this.#lock.acquire(performance.now() + left / 2))) {
      const found = JSON.stringify([...(await this.#files.survey()).logs])
      this.#isStuck = found === seen || performance.now() - start > MAX_PATIENCE_MS
      if (this.#isStuck) throw stuck()
      seen = found
    }
    this.#isStuck = false
  }
}
