import type { FileStat, FileSystem, OpenFile } from './file-system.ts'

const LF = 10
const PAGE = 4096

/** Rows that were just written. */
export interface Written {
  readonly file: OpenFile
  /** Where the file was, unless it was renamed. */
  readonly path: string
  /** Where the rows start. */
  readonly from: number
  /** Where they end. */
  readonly end: number
}

/**
 * Whether rows that were just written stand in a log that still has a name: log rotation and people
 * know no lock, and may have removed or cut the file since it was looked at.
 */
export async function isKept(fs: FileSystem, { file, path, from, end }: Written): Promise<boolean> {
  try {
    const stat = await file.stat()
    if (stat.size !== end) return false
    if (stat.nlink === 0 && !isSame(await fs.lstat(path), stat)) return false
    if (from === 0) return true
    const before = Buffer.alloc(1)
    return (await file.read(before, 0, 1, from - 1)) === 1 && before[0] === LF
  } catch {
    return false
  }
}

/** The same at once, for rows of which {@link isInMemory} holds. */
export function isKeptNow(fs: FileSystem, { file, path, from, end }: Written): boolean {
  try {
    const stat = file.statNow()
    if (stat.size !== end) return false
    if (stat.nlink === 0 && !isSame(fs.lstatNow(path), stat)) return false
    if (from === 0) return true
    const before = Buffer.alloc(1)
    return file.readNow(before, 0, 1, from - 1) === 1 && before[0] === LF
  } catch {
    return false
  }
}

/** Whether the byte before is in a page that was just written to, and need not be read from a disk. */
export function isInMemory({ from }: Written): boolean {
  return from % PAGE !== 0 || from === 0
}

/** Some file systems say of every file that it has no name. */
function isSame(named: FileStat | undefined, file: FileStat): boolean {
  return named?.dev === file.dev && named.ino === file.ino
}
