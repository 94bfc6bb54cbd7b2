import { nodeFileSystem as fs, makeDirectories, unless } from '@flagging/core/store'
import { damagedSegment, tornRow } from './outbox-errors.ts'
import { samplesIn } from './segment-layout.ts'
import { PROGRESS } from './segment-progress.ts'
import { LOG } from './segment-reader.ts'
import type { Report, Segment } from './segment.ts'
import { removeTree, writeNew } from './spool-disk.ts'

/** The end of the name of a segment that is being deleted. */
export const GONE = '.gone'
/** The longest unfinished row that is kept. */
const MAX_TAIL = 16 * 1024 * 1024

/**
 * Deletes a segment of which all is sent; but one with rows that cannot be read is kept, and the
 * unfinished row of a writer that died.
 * @param aside gives where what is kept is moved to
 * @returns whether it was kept
 */
export async function endSegment(
  segment: Segment,
  aside: () => Promise<string>,
  report: Report,
): Promise<boolean> {
  await segment.close()
  if (segment.isDamaged) return setAside(segment.dir, await aside(), report)
  if (segment.isFound) await keepTail(segment, aside, report)
  await deleteSegment(segment.dir)
  return false
}

/** Deletes a segment: from the first moment on, nobody takes it for one. */
export async function deleteSegment(dir: string): Promise<void> {
  const gone = dir.endsWith(GONE) ? dir : `${dir}${GONE}`
  if (gone !== dir) await unless('ENOENT', fs.rename(dir, gone))
  await removeTree(gone)
}

/** Moves a segment away of which rows cannot be read; gives whether there was anything to move. */
export async function setAside(dir: string, aside: string, report: Report): Promise<boolean> {
  // All of it is sent again, should somebody move it back.
  await unless('ENOENT ENOTDIR', fs.unlink(`${dir}/${PROGRESS}`))
  const target = `${aside}/${dir.slice(dir.lastIndexOf('/') + 1)}`
  await makeDirectories(fs, aside, true)
  const isMoved = await unless(
    'ENOENT',
    fs.rename(dir, target).then(() => true),
  )
  if (isMoved === true) report(damagedSegment(dir, target))
  return isMoved === true
}

async function keepTail(
  { dir, readTo }: Segment,
  aside: () => Promise<string>,
  report: Report,
): Promise<void> {
  const log = await unless('ENOENT ENOTDIR', fs.open(`${samplesIn(dir)}/${LOG}`, 'read'))
  if (log === undefined) return
  try {
    const { size } = await log.stat()
    const bytes = Buffer.alloc(Math.min(Math.max(0, size - readTo), MAX_TAIL))
    const count = bytes.length > 0 ? await log.read(bytes, 0, bytes.length, readTo) : 0
    if (count === 0) return
    const folder = await aside()
    await makeDirectories(fs, folder, true)
    const path = `${folder}/${dir.slice(dir.lastIndexOf('/') + 1)}.torn`
    await writeNew(path, bytes.subarray(0, count))
    report(tornRow(count, path))
  } finally {
    await log.close()
  }
}
