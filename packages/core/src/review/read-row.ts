import type { FlaggedFile } from '../sample/flag-value.ts'
import type { SourceFile } from '../store/byte-source.ts'
import { isBadRow } from '../store/bad-row.ts'
import type { FoundValue, LogColumn } from '../store/log-column.ts'
import { problemOf } from '../store/log-entry.ts'
import type { OpenLog } from '../store/open-log.ts'
import { RecordParser } from '../store/record-parser.ts'
import { rowHash } from '../store/row-key.ts'
import type { DatasetMarks } from './marks.ts'
import type { ReviewLog } from './review-log.ts'
import type { ReviewCell, ReviewFile, ReviewSample } from './review-sample.ts'
import { MISSING, passableJSON, reviewValue } from './review-value.ts'
import { encodeKey } from './sample-key.ts'

/** A place in a log. */
interface RowPlace {
  readonly start: number
  readonly end: number
}

/** The row at a place, with its values cut to so many characters. */
export async function readRow(
  { dataset, log }: ReviewLog,
  open: OpenLog,
  marks: DatasetMarks,
  { start, end }: RowPlace,
  longest: number,
): Promise<ReviewSample> {
  const bytes = Buffer.from(await open.bytes.read(start, end - start))
  const hash = rowHash(bytes)
  const folder = dataset.endpoint ?? ''
  const common = {
    key: encodeKey({ folder, log: log.name, offset: start, hash }),
    dataset: dataset.endpoint,
    endpoint: dataset.endpoint,
    log: log.name,
    isOwn: log.kind === 'own',
    option: null,
    username: null,
    inputs: [],
    outputs: [],
    review: marks.of(hash) ?? null,
  }
  const [record] = recordsOf(bytes, start)
  const problem = record === undefined ? 'it is gone' : problemOf(record, open.form.width)
  if (record === undefined || problem !== undefined) return { ...common, error: problem ?? '' }
  try {
    return { ...common, ...(await valuesOf(open, record.cells, longest)) }
  } catch (error) {
    if (!isBadRow(error)) throw error
    return { ...common, error: error.message }
  }
}

function recordsOf(bytes: Buffer, start: number): ReturnType<RecordParser['push']> {
  const parser = new RecordParser(start)
  return [...parser.push(bytes), ...parser.end()]
}

async function valuesOf(
  { plan }: OpenLog,
  cells: readonly string[],
  longest: number,
): Promise<Partial<ReviewSample>> {
  const found = await Promise.all(
    plan.columns.map(async ({ part, read }, index): Promise<FoundValue> => {
      const value = part === undefined ? null : read(cells[index] ?? '')
      return value instanceof Promise ? value : { value, missing: false }
    }),
  )
  const values = found.map(({ value }) => value)
  const sample = plan.form.make(0, values)
  const cellsOf = (part: LogColumn['part']): ReviewCell[] =>
    plan.columns.flatMap((column, index): ReviewCell[] => {
      if (column.part !== part) return []
      const { value: read, missing } = found[index] as FoundValue
      const value = missing && read === null ? MISSING : reviewValue(read, longest, fileOf)
      return [{ label: column.label, type: column.type ?? 'any', column: index, value }]
    })
  const { missing: _missing, log: _log, ...details } = sample.details
  return {
    ...details,
    ...('correction' in details && { correction: passableJSON(details.correction ?? null) }),
    option: sample.option,
    username: sample.username,
    endpoint: sample.endpoint,
    inputs: cellsOf('inputs'),
    outputs: cellsOf('outputs'),
  }
}

function fileOf(file: FlaggedFile): ReviewFile {
  const { source, storedAs } = file as SourceFile
  return { path: source.path ?? '', name: file.name, type: file.type, size: file.size, storedAs }
}
