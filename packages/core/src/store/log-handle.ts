import { FlaggingError } from '../errors.ts'
import type { FileStat, OpenFile } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import { changed, notAFile } from './store-errors.ts'

/**
 * Which file a log is, and a descriptor of it while one is open: other processes may put another file
 * in its place.
 */
export class LogHandle {
  readonly name: string
  readonly #context: LogContext
  #file: OpenFile | undefined
  #identity: { readonly dev: number; readonly ino: number } | undefined

  constructor(name: string, context: LogContext) {
    this.name = name
    this.#context = context
  }

  get path(): string {
    return `${this.#context.dir}/${this.name}`
  }

  /** Whether a descriptor is open. */
  get isOpen(): boolean {
    return this.#file !== undefined
  }

  /** Whether a file that was found is the one that is known. */
  isOf(found: FileStat): boolean {
    const own = this.#identity
    return own?.ino === found.ino && own.dev === found.dev
  }

  /** Opens the file that was found. */
  async open(found: FileStat): Promise<void> {
    await this.forget()
    if (found.kind !== 'file') throw notAFile(this.name)
    this.#file = await this.#context.fs.open(this.path, 'write')
    const opened = await this.#file.stat()
    if (opened.kind !== 'file') throw notAFile(this.name)
    if (opened.ino !== found.ino || opened.dev !== found.dev) throw changed(this.name, 'read')
    this.#identity = opened
  }

  /** The descriptor; opened again where it was closed, unless there is another file by now. */
  async writable(): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    const file = await this.#context.fs.open(this.path, 'write')
    try {
      if (!this.isOf(await file.stat())) throw changed(this.name, 'read')
      return (this.#file = file)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Makes the file if there is none; gives whether it did. */
  async create(): Promise<boolean> {
    if (this.#identity !== undefined) return false
    this.#file = await this.#context.fs.open(this.path, 'create')
    this.#identity = await this.#file.stat()
    return true
  }

  /** Goes on with another file, which has taken the place of the one before. */
  async adopt(file: OpenFile, { dev, ino }: FileStat): Promise<void> {
    await this.close()
    this.#file = file
    this.#identity = { dev, ino }
  }

  /** Lets the descriptor go, which somebody else closes. */
  letGo(): void {
    this.#file = undefined
  }

  /** Closes the file and forgets which one it is. */
  async forget(): Promise<void> {
    this.#identity = undefined
    await this.close()
  }

  /** Closes the descriptor. A fault is told of: no sample can be rejected for it. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    try {
      await file?.close()
    } catch (cause) {
      const message = `${this.name} could not be closed: rows that were not synced may be lost`
      this.#context.report(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
    }
  }
}
