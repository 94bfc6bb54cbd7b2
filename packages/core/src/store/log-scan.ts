import { readRange, unless } from './disk.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import { RecordParser } from './record-parser.ts'
import { RecordScanner } from './record-scanner.ts'

const LF = 10
const MAX_HEADER_BYTES = 1024 * 1024

/** What a part of a file holds. */
export interface Scan {
  /** How many whole records. */
  readonly records: number
  /** Where the last of them ends, from the start of the part. */
  readonly boundary: number
  /** Whether the part starts where a line does. */
  readonly joins: boolean
}

/** Counts the whole records from one offset up to another. */
export async function scanRange(file: OpenFile, from: number, to: number): Promise<Scan> {
  const scanner = new RecordScanner()
  let joins = true
  let isFirst = from > 0
  for await (const chunk of readRange(file, Math.max(0, from - 1), to)) {
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
