import { FlaggingError } from '../errors.ts'
import type { FlaggedFile } from '../sample/flag-value.ts'
import { SourceFile } from './byte-source.ts'
import { randomName, unless, writeAll } from './disk.ts'
import { HEAD_BYTES, extensionOf } from './file-kind.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { fileCell } from './cells.ts'
import type { RowFiles, SampleRow } from './sample-row.ts'
import type { StoredSize } from './size-ledger.ts'

const NEXT_TRIES = 16

/** What staging needs of its dataset. */
export interface StagingContext {
  readonly fs: FileSystem
  readonly dir: string
  readonly folder: string
  readonly sync: boolean
  readonly activeContent: boolean
}

interface Staged {
  readonly path: string
  readonly ext: string
  readonly size: number
}

/** A cell of a sample whose files lie in the working folder, under names of no meaning. */
interface StagedCell {
  readonly column: number
  readonly folder: string
  readonly spilled: boolean
  readonly files: readonly Staged[]
}

/**
 * The files of one sample on their way: first written whole under temporary names, without the lock;
 * then linked, under the lock, to the names that the sample's number gives them.
 */
export class StagedFiles {
  readonly #context: StagingContext
  readonly #row: SampleRow
  readonly #staged: string[] = []
  #cells: StagedCell[] = []
  #linked: string[] = []
  #isUncertain = false

  constructor(context: StagingContext, row: SampleRow) {
    this.#context = context
    this.#row = row
  }

  /** The folders that hold the files, by name. */
  get folders(): readonly string[] {
    return this.#cells.map(({ folder }) => folder)
  }

  /** Writes the files; rejects if one cannot be read or written. */
  async stage(): Promise<void> {
    for (const cell of this.#row.files) this.#cells.push(await this.#stageCell(cell))
  }

  /**
   * Gives the files their names and the row its cells.
   * @param next the number to take if no file has it yet
   * @returns the number that was taken
   */
  async place(next: number): Promise<number> {
    let number = next
    for (let tries = 1; !(await this.#link(number)); tries++) {
      number = tries < NEXT_TRIES ? number + 1 : await this.#freeNumber(number)
    }
    for (const cell of this.#cells) {
      this.#row.cells[cell.column] = fileCell(pathsOf(cell, number))
    }
    return number
  }

  /** The stored paths of the files under a number, with their lengths. */
  sizes(number: number): StoredSize[] {
    return this.#cells.flatMap((cell) =>
      pathsOf(cell, number).map((path, index) => [path, cell.files[index]?.size ?? 0] as const),
    )
  }

  /** Takes the names away again. */
  async displace(): Promise<void> {
    const { fs } = this.#context
    const linked = this.#linked
    this.#linked = []
    for (const path of linked) {
      try {
        await unless('ENOENT', fs.unlink(path))
      } catch {
        this.#isUncertain = true
      }
    }
  }

  /** Says that nobody knows whether the row is there: then its files stay as they are. */
  leave(): void {
    this.#isUncertain = true
  }

  /** Removes the temporary names, unless they must tell {@link sweep} what to look at. */
  async clear(): Promise<void> {
    if (this.#isUncertain) return
    const removals = this.#staged.map((path) => this.#context.fs.unlink(path))
    await Promise.allSettled(removals)
  }

  async #stageCell({ column, files, spilled }: RowFiles): Promise<StagedCell> {
    const staged: Staged[] = []
    for (const file of files) staged.push(await this.#stageFile(file, spilled))
    const folder = this.#row.layout.folders[column] ?? ''
    return { column, folder, spilled: spilled !== undefined, files: staged }
  }

  async #stageFile(file: FlaggedFile, extension: string | undefined): Promise<Staged> {
    const { fs, folder, sync, activeContent } = this.#context
    const path = `${folder}/${randomName()}.tmp`
    const target = await fs.open(path, 'create')
    this.#staged.push(path)
    let head: Uint8Array
    try {
      head = await copyWhole(file, target)
      if (sync) await target.sync()
    } finally {
      await target.close()
    }
    const ext = extension ?? (await extensionOf(head, file.type, activeContent))
    return { path, ext, size: file.size }
  }

  /** Links all files under one number; false, with none left, if a name is taken. */
  async #link(number: number): Promise<boolean> {
    const { dir } = this.#context
    try {
      for (const cell of this.#cells) {
        for (const [index, path] of pathsOf(cell, number).entries()) {
          await linkOnly(this.#context.fs, cell.files[index]?.path ?? '', `${dir}/${path}`)
          this.#linked.push(`${dir}/${path}`)
        }
      }
      return true
    } catch (error) {
      await this.displace()
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  /** A number behind all that are taken. */
  async #freeNumber(number: number): Promise<number> {
    const { fs, dir } = this.#context
    let highest = number
    for (const folder of this.folders) {
      for (const { name } of await fs.readdir(`${dir}/${folder}`)) {
        const [, digits] = /^(\d{1,15})[-.]/.exec(name) ?? []
        highest = Math.max(highest, Number(digits ?? 0))
      }
    }
    return highest + 1
  }
}

function pathsOf({ folder, spilled, files }: StagedCell, number: number): string[] {
  return files.map(({ ext }, index) => {
    // `7.txt` and `7.json` are what a value too large for its cell is called.
    const isNumbered = files.length > 1 || (!spilled && (ext === 'txt' || ext === 'json'))
    return `${folder}/${number}${isNumbered ? `-${index}` : ''}.${ext}`
  })
}

async function linkOnly(fs: FileSystem, from: string, to: string): Promise<void> {
  // Not every file system has hard links. There, the name is claimed before it is replaced.
  if (
    await unless(
      'EPERM ENOTSUP EOPNOTSUPP ENOSYS',
      fs.link(from, to).then(() => true),
    )
  )
    return
  await (await fs.open(to, 'create')).close()
  await fs.rename(from, to).catch(async (error: unknown) => {
    await fs.unlink(to)
    throw error
  })
}

/** Copies a file and gives its first bytes. */
async function copyWhole(file: FlaggedFile, target: OpenFile): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, file.size))
  let size = 0
  const chunks = file instanceof SourceFile ? file.source.chunks() : file.stream()
  for await (const chunk of chunks) {
    if (size < head.length) head.set(chunk.subarray(0, head.length - size), size)
    await writeAll(target, chunk, size)
    size += chunk.length
    if (size > file.size) break
  }
  if (size !== file.size || (await target.stat()).size !== size) {
    throw new FlaggingError('ERR_FLAGGING_STORE', 'A file of the sample is not as long as it says')
  }
  return head
}
