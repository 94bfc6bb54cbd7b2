import type { FileSystem, OpenFile } from './file-system.ts'

const LF = 10

/**
 * Whether rows that were just written stand in a log that still has a name: log rotation and people
 * know no lock, and may have removed or cut the file since it was looked at.
 * @param path where it was, unless it was renamed
 * @param from where the rows start
 * @param end where they end
 */
export async function isKept(
  fs: FileSystem,
  path: string,
  file: OpenFile,
  from: number,
  end: number,
): Promise<boolean> {
  try {
    const { dev, ino, nlink, size } = await file.stat()
    if (size !== end) return false
    if (nlink === 0) {
      // Some file systems say so of every file.
      const named = await fs.lstat(path)
      if (named.dev !== dev || named.ino !== ino) return false
    }
    if (from === 0) return true
    // Cut before the write, it has a hole where the row before ended.
    const before = Buffer.alloc(1)
    return (await file.read(before, 0, 1, from - 1)) === 1 && before[0] === LF
  } catch {
    return false
  }
}
