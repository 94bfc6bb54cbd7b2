import type { OpenFile } from '../store/file-system.ts'
import type { LogSource } from '../store/log-bytes.ts'
import type { LogDraft } from '../store/log-draft.ts'
import type { OpenLog } from '../store/open-log.ts'
import { rowDrafts } from '../store/row-drafts.ts'

const LF = 0x0a
const QUOTE = 0x22
/** Bytes of a block that is asked for again and again. */
const LARGEST = 1024 * 1024
/** Bytes of the longest record; see `MAX_RECORD_BYTES`. */
const LONGEST_RECORD = 64 * 1024 * 1024

/** Some rows of a log that lie in memory: whole ones, one behind the other. */
export interface Block {
  readonly bytes: Buffer
  /** The offset of its first row. */
  readonly start: number
  /** The offset behind its last one. */
  readonly end: number
}

/** The rows that end before an offset at which a row starts; none where there are none. */
export async function blockBefore(log: OpenLog, end: number, size: number): Promise<Block> {
  for (let length = size; ; length *= 2) {
    const from = Math.max(log.from, end - length)
    const bytes = await read(log.file, from, end)
    const at = from === log.from ? 0 : firstRow(bytes, isInside(bytes))
    if (at < bytes.length || length > LONGEST_RECORD) return cut(log, bytes, from, at)
  }
}

/** The rows from an offset on at which one starts, up to `to`, where the last one ends. */
export async function blockAfter(
  { file }: OpenLog,
  start: number,
  to: number,
  size: number,
): Promise<Block> {
  for (let length = size; ; length *= 2) {
    const bytes = await read(file, start, Math.min(to, start + length))
    const end = start + bytes.length >= to ? bytes.length : lastRowEnd(bytes)
    if (end > 0 || bytes.length === 0 || length > LONGEST_RECORD) {
      const whole = bytes.subarray(0, end || bytes.length)
      return { bytes: whole, start, end: start + whole.length }
    }
  }
}

/** The size of the block behind one that was not enough. */
export function largerThan(size: number): number {
  return Math.min(LARGEST, size * 4)
}

/** Takes the rows of a block one after the other; each may be used until the next is taken. */
export async function forEachRow(
  log: OpenLog,
  block: Block,
  visit: (row: LogDraft) => void,
): Promise<void> {
  for await (const rows of rowDrafts(inMemory(block), log.plan, log.form, block.start, {
    next: 0,
  })) {
    for (let row = rows.next(); row !== undefined; row = rows.next()) visit(row)
  }
}

/** How many rows a block has, without a look at them. */
export function countRows({ bytes }: Block): number {
  let rows = 0
  let inside = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) inside = !inside
    else if (byte === LF && !inside) rows++
  }
  return rows
}

/** The offset nearest to a place, but not behind it, at which a row starts. */
export async function rowStartBefore(log: OpenLog, place: number, end: number): Promise<number> {
  let quotes = 0
  for (let to = end; to > place;) {
    const from = Math.max(place, to - LARGEST)
    quotes += countQuotes(await read(log.file, from, to))
    to = from
  }
  for (let length = LARGEST / 16; ; length *= 2) {
    const from = Math.max(log.from, place - length)
    const bytes = await read(log.file, from, place)
    const inside = (quotes + countQuotes(bytes)) % 2 === 1
    const last = lastBoundary(bytes, from === log.from ? false : inside)
    if (last !== undefined) return from + last
    if (from === log.from) return log.from
  }
}

/** Damage makes the quotes before it tell the opposite: where that reads better, it counts. */
async function cut(log: OpenLog, bytes: Buffer, from: number, at: number): Promise<Block> {
  const end = from + bytes.length
  const block = (first: number): Block => ({
    bytes: bytes.subarray(first),
    start: from + first,
    end,
  })
  const found = block(at < bytes.length ? at : 0)
  if (from === log.from) return found
  const problems = await countProblems(log, found)
  if (problems === 0) return found
  const at2 = firstRow(bytes, !isInside(bytes))
  if (at2 >= bytes.length) return found
  const other = block(at2)
  return (await countProblems(log, other)) < problems ? other : found
}

async function countProblems(log: OpenLog, block: Block): Promise<number> {
  let problems = 0
  await forEachRow(log, block, ({ problem }) => {
    if (problem !== undefined) problems++
  })
  return problems
}

/** Memory of the last block that was given back. */
let spare: Buffer | undefined

/** Gives the memory of a block back, of which nothing may be used any longer. */
export function giveBack({ bytes }: Block): void {
  const { byteLength } = bytes.buffer
  // That of a single long row is not kept.
  if (byteLength >= LARGEST && byteLength <= 2 * LARGEST) spare = Buffer.from(bytes.buffer)
}

function roomFor(length: number): Buffer {
  const room = spare
  if (room === undefined || room.length < length) return Buffer.allocUnsafeSlow(length)
  spare = undefined
  return room
}

async function read(file: OpenFile, from: number, to: number): Promise<Buffer> {
  const length = Math.max(0, to - from)
  const bytes = roomFor(length).subarray(0, length)
  let done = 0
  while (done < bytes.length) {
    const count = await file.read(bytes, done, bytes.length - done, from + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

function inMemory({ bytes, start, end }: Block): LogSource {
  return {
    end,
    read: (position, length) => {
      const at = position - start
      return Promise.resolve(bytes.subarray(at, at + length))
    },
  }
}

/** Whether bytes start inside quotes, that end where a row does: then there is one quote too many. */
function isInside(bytes: Buffer): boolean {
  return countQuotes(bytes) % 2 === 1
}

function countQuotes(bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === QUOTE) count++
  return count
}

/** Where the first row starts that starts behind a line. */
function firstRow(bytes: Buffer, startsInside: boolean): number {
  let inside = startsInside
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) inside = !inside
    else if (byte === LF && !inside) return at + 1
  }
  return bytes.length
}

/** The offset behind the last row of bytes that start with one; 0 where none ends in them. */
function lastRowEnd(bytes: Buffer): number {
  return lastBoundary(bytes, false) ?? 0
}

function lastBoundary(bytes: Buffer, startsInside: boolean): number | undefined {
  let inside = startsInside
  let last: number | undefined
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) inside = !inside
    else if (byte === LF && !inside) last = at + 1
  }
  return last
}
