import { FlaggingError } from '../errors.ts'
import { randomName } from './disk.ts'
import type { FileStat } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import {
  EMPTY_SIDECAR,
  type LogLayout,
  type Sidecar,
  readSidecar,
  writeSidecar,
} from './sidecar.ts'

/** The component list of a dataset as it is known, kept up to date under the dataset's lock. */
export class ComponentList {
  readonly #context: LogContext
  readonly #name: string
  #sidecar: Sidecar = EMPTY_SIDECAR
  #stat: FileStat | undefined

  /** @param name of its file in the working folder */
  constructor(context: LogContext, name: string) {
    this.#context = context
    this.#name = name
  }

  /** Sample numbers that no row has. */
  get skipped(): number {
    return this.#sidecar.skipped
  }

  /** What the rows of each log hold. */
  get logs(): ReadonlyMap<string, LogLayout> {
    return this.#sidecar.logs
  }

  get path(): string {
    return `${this.#context.folder}/${this.#name}`
  }

  /** Forgets what is known. */
  forget(): void {
    this.#sidecar = EMPTY_SIDECAR
    this.#stat = undefined
  }

  /** Takes in the file that was found, if it is another one. A broken one is set aside. */
  async catchUp(found: FileStat | undefined): Promise<void> {
    if (isSameFile(found, this.#stat)) return
    const { fs, folder, report } = this.#context
    try {
      this.#sidecar = (found && (await readSidecar(fs, this.path))) ?? EMPTY_SIDECAR
      this.#stat = found
      // Its writer may have died before the name was on the disk.
      if (found !== undefined) await fs.syncDirectory(folder)
    } catch (error) {
      if (!(error instanceof FlaggingError)) throw error
      await fs.rename(this.path, `${folder}/broken-${randomName()}.json`)
      this.forget()
      report(error)
    }
  }

  async save(sidecar: Sidecar): Promise<void> {
    const { fs, folder } = this.#context
    await writeSidecar(fs, folder, this.#name, sidecar)
    this.#sidecar = sidecar
    this.#stat = await fs.lstat(this.path)
  }
}

function isSameFile(a: FileStat | undefined, b: FileStat | undefined): boolean {
  return a?.ino === b?.ino && a?.dev === b?.dev && a?.size === b?.size && a?.mtimeMs === b?.mtimeMs
}
