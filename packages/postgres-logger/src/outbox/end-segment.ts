import { basename } from 'node:path'
import { nodeFileSystem as fs, randomName, unless } from '@flagging/core/store'
import type { Aside } from './aside.ts'
import { damagedSegment, tornRow } from './outbox-errors.ts'
import { samplesIn } from './segment-layout.ts'
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
 * @returns whether it was kept
 */
export async function endSegment(segment: Segment, aside: Aside, report: Report): Promise<boolean> {
  await segment.close()
  if (segment.isDamaged) return setAside(segment.dir, segment.bytes, aside, report)
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

/**
 * Moves a segment away of which rows cannot be read; gives whether there was anything to move.
 * @param bytes what it takes of the room that is taken
 */
export async function setAside(
  dir: string,
  bytes: number,
  aside: Aside,
  report: Report,
): Promise<boolean> {
  const target = await aside.take(dir, bytes)
  if (target !== undefined) report(damagedSegment(dir, target))
  return target !== undefined
}

async function keepTail({ dir, readTo }: Segment, aside: Aside, report: Report): Promise<void> {
  const log = await unless('ENOENT ENOTDIR', fs.open(`${samplesIn(dir)}/${LOG}`, 'read'))
  if (log === undefined) return
  try {
    const { size } = await log.stat()
    const bytes = Buffer.alloc(Math.min(Math.max(0, size - readTo), MAX_TAIL))
    const count = bytes.length > 0 ? await log.read(bytes, 0, bytes.length, readTo) : 0
    if (count === 0) return
    const name = `${basename(dir)}-${randomName()}.torn`
    const path = `${await aside.folder()}/${name}`
    await writeNew(path, bytes.subarray(0, count))
    report(tornRow(count, path))
  } finally {
    await log.close()
  }
}
