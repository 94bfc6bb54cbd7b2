import { randomName, readRange, writeAll } from './disk.ts'
import type { FileStat, FileSystem, OpenFile } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import type { LogExtent } from './log-file.ts'
import { endOfRows } from './log-scan.ts'
import { RecordScanner } from './record-scanner.ts'
import { changed } from './store-errors.ts'

/** A copy of a log in the making, which lies among the uploads in flight until it is put in its place. */
export class LogCopy {
  readonly path: string
  readonly file: OpenFile
  readonly #fs: FileSystem
  readonly #log: string
  readonly #scanner = new RecordScanner()
  #size = 0

  private constructor(fs: FileSystem, log: string, path: string, file: OpenFile) {
    this.#fs = fs
    this.#log = log
    this.path = path
    this.file = file
  }

  /**
   * Makes an empty one with the owner and the rights of the log.
   * @param log its name
   */
  static async make({ fs, folder }: LogContext, log: string, stat: FileStat): Promise<LogCopy> {
    const path = `${folder}/${randomName()}.tmp`
    const copy = new LogCopy(fs, log, path, await fs.open(path, 'create'))
    try {
      await copy.file.resemble(stat)
      return copy
    } catch (error) {
      await copy.discard()
      throw error
    }
  }

  /** How many records it has so far, and how long it is. */
  get extent(): LogExtent {
    return { records: this.#scanner.records, size: this.#size }
  }

  /** Copies a part of the log, which must have all of it. */
  async add(log: OpenFile, from: number, to: number): Promise<void> {
    const end = this.#size + to - from
    for await (const chunk of readRange(log, from, to)) {
      await writeAll(this.file, chunk, this.#size)
      this.#scanner.push(chunk)
      this.#size += chunk.length
    }
    if (this.#size !== end) throw changed(this.#log, 'read')
  }

  /** Whether a writer would find whole rows up to its end, as in the log. */
  async isSound(): Promise<boolean> {
    return this.#scanner.partial === 0 && (await endOfRows(this.file, this.#size)) === this.#size
  }

  /** Removes it. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined)
    await this.#fs.unlink(this.path).catch(() => undefined)
  }
}
