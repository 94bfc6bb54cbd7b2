import { countRecords, nodeFileSystem as fs, unless } from '@flagging/core/store'
import { type SegmentAbout, readAbout } from './segment-about.ts'
import { samplesIn } from './segment-layout.ts'
import { type Progress, SegmentProgress } from './segment-progress.ts'
import { LOG } from './segment-reader.ts'
import { sizeOfTree } from './spool-disk.ts'

/** What is known of a segment whose writer has died. */
export interface FoundSegment {
  readonly about: SegmentAbout
  /** How far it was sent. */
  readonly progress: Progress
  readonly rows: number
  readonly bytes: number
}

/** Not sent at all. */
export const NOTHING: Progress = { end: 0, rows: 0 }
/** Records of a log that are no rows. */
const HEADER = 1

/** Looks at a segment; `undefined` where nobody can tell what its rows are. */
export async function findSegment(dir: string): Promise<FoundSegment | undefined> {
  const about = await readAbout(dir)
  if (about === undefined) return undefined
  const log = `${samplesIn(dir)}/${LOG}`
  const rows = Math.max(0, (await countRecords(fs, log)) - HEADER)
  const size = (await unless('ENOENT ENOTDIR', fs.lstat(log)))?.size ?? 0
  const noted = await new SegmentProgress(dir).read()
  // It was cut, or made anew.
  const progress = noted.end > size || noted.rows > rows ? NOTHING : noted
  return { about, progress, rows, bytes: await sizeOfTree(dir) }
}
