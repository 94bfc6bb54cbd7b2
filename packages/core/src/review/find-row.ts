import type { OpenLog } from '../store/open-log.ts'
import { rowHash } from '../store/row-key.ts'
import { type Block, blockAfter, forEachRow } from './log-block.ts'
import { endOfWhole } from './review-log.ts'
import type { SampleKey } from './sample-key.ts'

const BLOCK = 1024 * 1024

/** Where the row of a key stands now: where it was, or further to the front if rows were deleted. */
export async function findRow(
  open: OpenLog,
  { offset, hash }: SampleKey,
): Promise<{ start: number; end: number } | undefined> {
  const end = await endOfWhole(open)
  if (offset >= open.from && offset < end) {
    const row = await firstIn(open, await blockAfter(open, offset, end, 16 * 1024), hash, true)
    if (row) return row
  }
  for (let at = open.from; at < end;) {
    const block = await blockAfter(open, at, end, BLOCK)
    const row = await firstIn(open, block, hash, false)
    if (row) return row
    at = block.end > at ? block.end : end
  }
  return undefined
}

async function firstIn(
  open: OpenLog,
  block: Block,
  hash: string,
  onlyFirst: boolean,
): Promise<{ start: number; end: number } | undefined> {
  let found: { start: number; end: number } | undefined
  let isFirst = true
  await forEachRow(open, block, ({ place: { start, end } }) => {
    const isCandidate = found === undefined && (isFirst || !onlyFirst)
    isFirst = false
    if (!isCandidate) return
    const bytes = block.bytes.subarray(start - block.start, end - block.start)
    if (rowHash(bytes) === hash) found = { start, end }
  })
  return found
}
