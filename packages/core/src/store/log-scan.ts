import { readRange, unless } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { RecordParser } from './record-parser.ts'
import { RecordScanner } from './record-scanner.ts'

const LF = 10
const MAX_HEADER_BYTES = 1024 * 1024

/**
 * No more bytes than these are written to a log between two syncs, so that a hole which a power
 * failure leaves, pages of zeros before others that arrived, is never further from its end.
 */
export const MAX_UNSYNCED: number = 4 * 1024 * 1024

/** What a part of a file holds. */
export interface Scan {
  /** How many whole records. */
  readonly records: number
  /** Where the last of them ends, from the start of the part. */
  readonly boundary: number
  /** Whether the part starts where a line does. */
  readonly joins: boolean
}

/**
 * The bytes of a log of ours from one offset up to `to`, its end; but no further than to a NUL byte
 * within the last {@link MAX_UNSYNCED}. No row has one: there the system died before all it had been
 * given was on the disk. What follows the hole may start inside a cell, read as rows that nobody
 * wrote, and is part of the same unfinished writing. A NUL further from the end is no crash of ours:
 * some row was damaged, and those behind it are sound.
 */
async function* readUntilHole(
  file: OpenFile,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let position = from
  for await (const chunk of readRange(file, from, to)) {
    const hole = chunk.indexOf(0, Math.max(0, to - MAX_UNSYNCED - position))
    // With its first byte: then something unfinished is seen to be there.
    yield hole === -1 ? chunk : chunk.subarray(0, hole + 1)
    if (hole !== -1) return
    position += chunk.length
  }
}

/** Where the rows of a log of ours end: at its end, or with the first byte of a hole near that. */
export async function endOfRows(file: OpenFile, size: number): Promise<number> {
  const from = Math.max(0, size - MAX_UNSYNCED)
  let end = from
  for await (const chunk of readUntilHole(file, from, size)) end += chunk.length
  return end
}

/** Counts the whole records from one offset up to another, the end of the log or a hole before it. */
export async function scanRange(file: OpenFile, from: number, to: number): Promise<Scan> {
  const scanner = new RecordScanner()
  let joins = true
  let isFirst = from > 0
  for await (const chunk of readUntilHole(file, Math.max(0, from - 1), to)) {
    if (isFirst) joins = chunk[0] === LF
    scanner.push(isFirst ? chunk.subarray(1) : chunk)
    isFirst = false
  }
  return { records: scanner.records, boundary: scanner.boundary, joins }
}

/** The cells of the first record that ends before an offset; `undefined` if there is none. */
export async function readHeader(
  file: OpenFile,
  to: number,
): Promise<readonly string[] | undefined> {
  const parser = new RecordParser()
  for await (const chunk of readRange(file, 0, Math.min(to, MAX_HEADER_BYTES))) {
    const [first] = parser.push(chunk)
    if (first !== undefined) return first.cells
  }
  return undefined
}

/** How many whole records a file has; 0 if there is none. */
export async function countRecords(fs: FileSystem, path: string): Promise<number> {
  const file = await unless('ENOENT', fs.open(path, 'read'))
  if (file === undefined) return 0
  try {
    return (await scanRange(file, 0, (await file.stat()).size)).records
  } finally {
    await file.close()
  }
}
