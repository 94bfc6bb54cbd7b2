import { performance } from 'node:perf_hooks'
import { resolve } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { WORKING_FOLDER } from '../store/dataset-files.ts'
import { DatasetLock } from '../store/dataset-lock.ts'
import { errnoOf, makeDirectories, unless } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import type { FoundDataset } from '../store/find-logs.ts'
import { LOG_NAME } from '../store/sidecar.ts'
import { type Inspected, inspectDataset } from './inspect-dataset.ts'
import { mendFiles } from './mend-files.ts'
import { mendLogs } from './mend-logs.ts'
import type { Action, Left, LeftCode, MendContext, RepairReport } from './mending.ts'
import type { Problem } from './report.ts'
import { datasetsIn } from './verify.ts'

const LOCK_WAIT_MS = 5000
const MAX_ROUNDS = 3

/** The options of {@link repair}. */
export interface RepairOptions {
  /** Only say what would be done. Default `false`. */
  readonly dryRun?: boolean
  /** Also move rows aside that cannot be read for another reason than NUL bytes. Default `false`. */
  readonly rows?: boolean
  /** Says that no writer runs, so that no lock is needed. Default `false`. */
  readonly exclusive?: boolean
  /** Milliseconds to wait for the lock of a dataset. Default 5000. */
  readonly lockWait?: number
}

/**
 * Mends what can be mended without losing a byte, in all datasets of ours under a directory: what is
 * no row is set aside, and so are files that no row names. It works under the locks of the writers,
 * and only where there is something to do. Killed at any moment, it leaves the directory as good as it
 * was.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` as `verify` does
 */
export async function repair(
  fs: FileSystem,
  dir: string,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const path = resolve(dir)
  const actions: Action[] = []
  const left: Left[] = []
  for (const dataset of await datasetsIn(fs, path)) {
    const mender = new DatasetMender(fs, dataset, options)
    await mender.run()
    actions.push(...mender.actions)
    left.push(...mender.left)
  }
  return { dir: path, dryRun: options.dryRun === true, ok: left.length === 0, actions, left }
}

class Refused extends Error {
  readonly code: LeftCode

  constructor(code: LeftCode, message: string) {
    super(message)
    this.code = code
  }
}

class DatasetMender {
  readonly actions: Action[] = []
  readonly left: Left[] = []
  readonly #fs: FileSystem
  readonly #dataset: FoundDataset
  readonly #options: RepairOptions
  readonly #name: string
  readonly #context: MendContext

  constructor(fs: FileSystem, dataset: FoundDataset, options: RepairOptions) {
    const { dir, endpoint } = dataset
    this.#fs = fs
    this.#dataset = dataset
    this.#options = options
    this.#name = endpoint ?? '.'
    this.#context = {
      fs,
      dir,
      folder: `${dir}/${WORKING_FOLDER}`,
      rows: options.rows === true,
      done: (action) => this.actions.push({ dataset: this.#name, ...action }),
    }
  }

  async run(): Promise<void> {
    let inspected = await this.#inspect()
    try {
      if (!this.#problems(inspected).some((problem) => this.#canMend(problem))) return
      if (this.#options.dryRun === true) return this.#foretell(inspected)
      await this.#checkOwner()
      if (this.#problems(inspected).some((problem) => this.#isOfLog(problem))) {
        const { sidecar } = inspected.working
        await this.#locked(() => mendLogs(this.#context, this.#dataset, sidecar))
        inspected = await this.#again(inspected)
      }
      for (let round = 1; hasFiles(inspected); round++) {
        const found = inspected
        if (await this.#locked(() => mendFiles(this.#context, found))) break
        if (round === MAX_ROUNDS) throw new Refused('locked', 'its logs are replaced all the time')
        inspected = await this.#again(inspected)
      }
    } catch (error) {
      this.#refuse(error)
    } finally {
      await inspected.close()
      this.#leave(inspected)
    }
  }

  #inspect(): Promise<Inspected> {
    return inspectDataset(this.#fs, this.#dataset, { limit: Number.POSITIVE_INFINITY })
  }

  async #again(before: Inspected): Promise<Inspected> {
    await before.close()
    return this.#inspect()
  }

  #problems({ findings }: Inspected): readonly Problem[] {
    return findings.problems
  }

  #canMend(problem: Problem): boolean {
    const { code } = problem
    return code === 'orphan' || code === 'abandoned_upload' || this.#isOfLog(problem)
  }

  #isOfLog({ code, log = '' }: Problem): boolean {
    if (!LOG_NAME.test(log)) return false
    return code === 'hole' || code === 'torn_tail' || (code === 'bad_row' && this.#context.rows)
  }

  #foretell(inspected: Inspected): void {
    for (const problem of this.#problems(inspected)) {
      if (!this.#canMend(problem)) continue
      const { code, log, file, bytes, message } = problem
      this.#context.done({
        code,
        ...(log === undefined ? {} : { log }),
        ...(file === undefined ? {} : { file }),
        ...(bytes === undefined ? {} : { bytes }),
        message,
      })
    }
  }

  /** What another user makes here, the writers could not open. */
  async #checkOwner(): Promise<void> {
    const { uid } = await this.#fs.stat(this.#dataset.dir)
    const own = process.geteuid?.()
    if (own === undefined || uid === undefined || uid === own) return
    throw new Refused('other_owner', `it belongs to user ${uid}: run repair as that user`)
  }

  async #locked<T>(run: () => Promise<T>): Promise<T> {
    const { folder } = this.#context
    const lock = new DatasetLock(this.#fs, folder)
    if (this.#options.exclusive === true) {
      await makeDirectories(this.#fs, folder, true)
      return run()
    }
    if (this.#fs.lockProblem() !== undefined) throw noLock()
    await makeDirectories(this.#fs, folder, true)
    try {
      await lock.open()
      const wait = this.#options.lockWait ?? LOCK_WAIT_MS
      const isMine = await lock.acquire(performance.now() + wait)
      if (!isMine || !lock.isAt(await unless('ENOENT', this.#fs.lstat(lock.path)))) throw held()
      return await run()
    } finally {
      await lock.close()
    }
  }

  #refuse(error: unknown): void {
    const refused = refusalOf(error)
    if (refused === undefined) throw error
    const message = `${this.#name} is left as it is: ${refused.message}`
    this.left.push({ code: refused.code, dataset: this.#name, message })
  }

  /** What is still wrong. */
  #leave(inspected: Inspected): void {
    const gone = new Set(this.actions.map(({ file }) => file))
    for (const problem of this.#problems(inspected)) {
      const isForetold = this.#options.dryRun === true && this.#canMend(problem)
      const isDone = problem.file !== undefined && problem.log === undefined
      if (!isForetold && !(isDone && gone.has(problem.file))) this.left.push(problem)
    }
  }
}

function hasFiles({ orphans, working }: Inspected): boolean {
  return orphans.length > 0 || working.abandoned.length > 0
}

function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof Refused) return error
  if (error instanceof FlaggingError && error.code === 'ERR_FLAGGING_LOCK') return noLock()
  if (error instanceof FlaggingError) return new Refused('not_writable', error.message)
  const code = errnoOf(error)
  return code === undefined
    ? undefined
    : new Refused(
        'not_writable',
        `${code}. See to it that this user may write there, and try again`,
      )
}

function noLock(): Refused {
  return new Refused(
    'no_lock',
    'files cannot be locked here. Stop every process that stores samples in it, and repair with ' +
      '--exclusive',
  )
}

function held(): Refused {
  return new Refused('locked', 'another process holds its lock. Try again, or stop that process')
}
