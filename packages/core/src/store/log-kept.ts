import type { OpenFile } from './file-system.ts'

const LF = 10

/**
 * Whether rows that were just written stand in a log that still has a name: log rotation and people
 * know no lock, and may have removed or cut the file since it was looked at.
 * @param from where the rows start
 * @param end where they end
 * @param names how many names the file had: some file systems cannot tell, and say none
 */
export async function isKept(
  file: OpenFile,
  from: number,
  end: number,
  names: number | undefined,
): Promise<boolean> {
  try {
    const { nlink, size } = await file.stat()
    if ((nlink === 0 && names !== 0) || size !== end) return false
    if (from === 0) return true
    // Cut before the write, it has a hole where the row before ended.
    const before = Buffer.alloc(1)
    return (await file.read(before, 0, 1, from - 1)) === 1 && before[0] === LF
  } catch {
    return false
  }
}
