import { CarefulReader } from './careful-reader.ts'
import type { LogSource } from './log-bytes.ts'
import { BadSpan, type LogEntry, type RowForm, isEmptyLine, problemOf } from './log-entry.ts'
import { type ParsedRecord, RecordParser } from './record-parser.ts'

const CHUNK = 256 * 1024
/** What is parsed at once: rows that wait for their turn would only grow old. */
const PIECE = 16 * 1024

/** The first record of a log that is no empty line. */
export async function firstRecord(bytes: LogSource): Promise<ParsedRecord | undefined> {
  for await (const records of recordsFrom(bytes, 0)) {
    const first = records.find((record) => !isEmptyLine(record))
    if (first !== undefined) return first
  }
  return undefined
}

/** The rows of a log from an offset on, in the batches that it is read in, and what is no row. */
export async function* entriesFrom(
  bytes: LogSource,
  form: RowForm,
  from: number,
): AsyncGenerator<LogEntry[]> {
  for (let at = from; at < bytes.end;) at = yield* someEntries(bytes, form, at, Infinity)
}

/** The same for at least `length` bytes; gives the offset at which the log goes on. */
export async function* someEntries(
  bytes: LogSource,
  form: RowForm,
  from: number,
  length: number,
): AsyncGenerator<LogEntry[], number> {
  let fault: number | undefined
  for await (const records of recordsFrom(bytes, from)) {
    const entries: LogEntry[] = []
    fault = sort(records, form.width, entries)
    if (entries.length > 0) yield entries
    if (fault !== undefined) break
    const end = records.at(-1)?.end ?? from
    if (end - from >= length) return end
  }
  if (fault === undefined) return bytes.end
  const reader = new CarefulReader(bytes, form, fault)
  yield* reader.read()
  return reader.at
}

/** Takes records up to one that says nothing of where the next one starts; gives its offset. */
function sort(
  records: readonly ParsedRecord[],
  width: number,
  entries: LogEntry[],
): number | undefined {
  for (const record of records) {
    if (isEmptyLine(record)) continue
    const why = problemOf(record, width)
    if (why === undefined) entries.push(record)
    else if (!record.isOneLine || record.cells.some((cell) => cell.includes('\0'))) {
      return record.start
    } else entries.push(new BadSpan(record.start, record.end, why))
  }
  return undefined
}

async function* recordsFrom(bytes: LogSource, from: number): AsyncGenerator<ParsedRecord[]> {
  const parser = new RecordParser(from)
  for (let at = from; ;) {
    const chunk = await bytes.read(at, CHUNK)
    if (chunk.length === 0) break
    for (let done = 0; done < chunk.length; done += PIECE) {
      yield parser.push(chunk.subarray(done, done + PIECE))
    }
    at += chunk.length
  }
  yield parser.end()
}
