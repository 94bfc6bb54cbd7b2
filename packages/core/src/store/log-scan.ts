import { readRange, unless } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { RecordParser } from './record-parser.ts'
import { RecordScanner } from './record-scanner.ts'

const LF = 10
const QUOTE = 0x22
/** Bytes that a disk writes whole or not at all; the blocks of file systems are multiples of it. */
const SECTOR = 512
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
 * The bytes of a log of ours from one offset up to `to`, its end; but not past the start of a hole
 * within the last {@link MAX_UNSYNCED}. No row has a NUL byte: where a run of them ends with a sector,
 * the system died before all it had been given was on the disk. What follows such a hole may start
 * inside a cell, read as rows that nobody wrote, and is part of the same unfinished writing. Other
 * NULs, and those further from the end, are no crash of ours: some row was damaged, and those behind
 * it are sound.
 */
async function* readUntilHole(
  file: OpenFile,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let position = from
  let isWithin = false
  for await (const chunk of readRange(file, from, to)) {
    const start = Math.max(0, to - MAX_UNSYNCED - position)
    let hole = isWithin ? 0 : chunk.indexOf(0, start)
    while (hole !== -1) {
      const end = endOfRun(chunk, hole)
      isWithin = end === chunk.length
      if (isWithin) break
      if ((position + end) % SECTOR === 0) {
        // With its first byte: then something unfinished is seen to be there.
        yield chunk.subarray(0, Math.min(hole + 1, end))
        return
      }
      hole = chunk.indexOf(0, end)
    }
    yield chunk
    position += chunk.length
  }
}

function endOfRun(bytes: Uint8Array, start: number): number {
  let end = start
  while (bytes[end] === 0) end++
  return end
}

/** Where the rows of a log of ours end: at its end, or inside a hole near that. */
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
    const bytes = isFirst ? chunk.subarray(1) : chunk
    isFirst = false
    const lines = bytes.length === to - from ? countLines(bytes) : undefined
    if (lines !== undefined) return { ...lines, joins }
    scanner.push(bytes)
  }
  return { records: scanner.records, boundary: scanner.boundary, joins }
}

/** The records of bytes without a quote, where each LF ends one: few rows of a neighbour, mostly. */
function countLines(bytes: Uint8Array): Omit<Scan, 'joins'> | undefined {
  // Its search outruns a loop over many rows, and each writer reads those of all others.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (text.includes(QUOTE)) return undefined
  let records = 0
  let boundary = 0
  for (let at = text.indexOf(LF); at !== -1; at = text.indexOf(LF, boundary)) {
    records++
    boundary = at + 1
  }
  return { records, boundary }
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
