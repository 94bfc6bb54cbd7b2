import { nodeFileSystem as fs, randomName, unless } from '@flagging/core/store'
import { type Adopter, adopt } from './adopt.ts'
import type { Aside } from './aside.ts'
import { GONE, deleteSegment, setAside } from './end-segment.ts'
import { foreignSamples, outboxError } from './outbox-errors.ts'
import { OwnFolder } from './own-folder.ts'
import { samplesIn } from './segment-layout.ts'
import { LOG } from './segment-reader.ts'
import { type Report, Segment } from './segment.ts'
import { foldersIn } from './spool-disk.ts'

/** What quarters are made of. */
export interface QuartersSettings {
  /** The outbox: an absolute path. */
  readonly dir: string
  readonly destination: string
  readonly aside: Aside
  /** Told of each segment that was found. */
  readonly found: (segment: Segment) => void
  readonly report: Report
}

/** The folder of this process in an outbox, and all that it finds beside it. */
export class Quarters implements Adopter {
  readonly dir: string
  readonly destination: string
  readonly #settings: QuartersSettings
  /** The segments of this process, by name. */
  readonly #known = new Set<string>()
  #own: OwnFolder | undefined
  #making: Promise<OwnFolder> | undefined
  #isActive = true
  #lastName = 0
  /** Folders of dead processes that are for another database, and whether that was told. */
  readonly #foreign = new Map<string, boolean>()

  constructor(settings: QuartersSettings) {
    this.dir = settings.dir
    this.destination = settings.destination
    this.#settings = settings
  }

  get report(): Report {
    return this.#settings.report
  }

  get ownPath(): string | undefined {
    return this.#own?.path
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /** This process's folder, made when it is needed; another one where somebody has removed it. */
  async folder(): Promise<string> {
    const own = this.#own
    if (own !== undefined && (await own.isInPlace())) return own.path
    // Whoever has noticed it before has another one in use.
    if (own !== this.#own) return this.folder()
    this.#making ??= this.#make().finally(() => (this.#making = undefined))
    return (await this.#making).path
  }

  /** The path of a new segment. */
  async newSegment(): Promise<string> {
    const folder = await this.folder()
    const name = this.#segmentName()
    this.#known.add(name)
    return `${folder}/${name}`
  }

  /** Says, where a folder stays there that is for another database, that nobody sends what it has. */
  foreign(path: string, destination: string): void {
    const isTold = this.#foreign.get(path)
    // The first time, somebody may be about to take it over.
    if (isTold === false) this.#settings.report(foreignSamples(path, destination))
    this.#foreign.set(path, isTold !== undefined)
  }

  /** A segment is no longer this process's. */
  forget(name: string): void {
    this.#known.delete(name)
  }

  /** Takes over what others have left, and what it did not come to before. */
  async scan(): Promise<void> {
    try {
      await adopt(this)
    } finally {
      await this.#takeIn()
    }
  }

  /** Takes nothing over any more. */
  retire(): void {
    this.#isActive = false
  }

  /** Leaves the folder to others, or removes it. */
  async release(): Promise<void> {
    this.#isActive = false
    const own = this.#own
    this.#own = undefined
    await own?.release()
  }

  /** A name that no other segment has, of whatever process. In their order, segments are as old as that. */
  #segmentName(): string {
    // Whatever becomes of the clock.
    this.#lastName = Math.max(Date.now(), this.#lastName + 1)
    const time = new Date(this.#lastName).toISOString().replaceAll(/[-:.]/g, '')
    return `${time}-${randomName()}`
  }

  async #make(): Promise<OwnFolder> {
    const before = this.#own
    const own = await OwnFolder.make(this.dir, this.destination)
    this.#own = own
    await before?.release()
    return own
  }

  async #takeIn(): Promise<void> {
    const path = this.#own?.path
    if (path === undefined) return
    for (const name of await foldersIn(path)) {
      if (this.#known.has(name) || !this.#isActive) continue
      await this.#load(name, `${path}/${name}`)
    }
  }

  async #load(name: string, dir: string): Promise<void> {
    const { found, aside, report } = this.#settings
    this.#known.add(name)
    try {
      const segment = name.endsWith(GONE) ? undefined : await Segment.found(dir, report)
      if (segment !== undefined) return found(segment)
      if (name.endsWith(GONE)) await deleteSegment(dir)
      else if (await hasLog(dir)) await setAside(dir, 0, aside, report)
      else await deleteSegment(dir)
    } catch (error) {
      // The next scan tries again, and the next segment may do better.
      report(outboxError(dir, 'cannot be taken over', error))
    }
    this.#known.delete(name)
  }
}

async function hasLog(dir: string): Promise<boolean> {
  const log = await unless('ENOENT ENOTDIR', fs.lstat(`${samplesIn(dir)}/${LOG}`))
  return log !== undefined
}
