import type { FileStat, OpenFile } from './file-system.ts'
import { RowBytes } from './row-bytes.ts'

const HEAD = 4 * 1024
const TAIL = 64 * 1024

/** What a log is compared by while it is copied without the lock. */
export interface LogEnds {
  readonly stat: FileStat
  /** How long it was. */
  readonly size: number
  readonly head: Uint8Array
  readonly tail: Uint8Array
}

/** Takes down how a log begins, and how it ends at an offset. */
export async function endsOf(file: OpenFile, size: number): Promise<LogEnds> {
  const bytes = new RowBytes(file)
  const head = Buffer.from(await bytes.of(0, Math.min(HEAD, size)))
  const tail = Buffer.from(await bytes.of(Math.max(0, size - TAIL), size))
  return { stat: await file.stat(), size, head, tail }
}

/**
 * Whether a log still begins with what it had, as far as that can be told at once: writers only
 * append, but people edit.
 */
export async function isStill(file: OpenFile, before: LogEnds): Promise<boolean> {
  const { stat, head, tail } = await endsOf(file, before.size)
  if (stat.size === before.stat.size && stat.mtimeMs !== before.stat.mtimeMs) return false
  return Buffer.compare(head, before.head) === 0 && Buffer.compare(tail, before.tail) === 0
}
