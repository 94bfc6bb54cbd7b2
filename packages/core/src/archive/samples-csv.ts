import { FlaggingError } from '../errors.ts'
import type { FlagValue, JSONValue } from '../sample/flag-value.ts'
import { type CellMode, encodeCell, fileCell, parseStoredPath } from '../store/cells.ts'
import { formatRecords } from '../store/csv.ts'
import { ALL_OWN_COLUMNS, type OwnColumn } from '../log-columns.ts'
import { rowLayout } from '../store/row-layout.ts'
import { byteStream, encodeLines } from './byte-stream.ts'
import type { DownloadColumns, DownloadSample } from './download-sample.ts'
import { uniqueName } from './unique-name.ts'
import { filesIn, storedPath } from './value-json.ts'

/** A column of the table: its header, how its cells are written, and what stands in them. */
interface Column {
  readonly name: string
  readonly mode: CellMode
  readonly value: (sample: DownloadSample, values: Values) => FlagValue | undefined
}

type Values = ReadonlyMap<string, FlagValue>

const RESERVED = ['dataset', 'reviewed', 'note']
const ALWAYS = ['flag_option', 'username']
const OWN: readonly string[] = ALL_OWN_COLUMNS

/**
 * Samples as one CSV table: `dataset`, the values by label, `reviewed` and `note`, then the columns
 * that logs of ours have at their end. Cells are written as in an untyped log, so that none is a
 * formula and a log reader has them back; a file is its path below its dataset's folder. A label that
 * is called as another column gets ` 2`.
 *
 * It fails where a sample has a label or a detail that no column is for.
 */
export function samplesCSV(
  samples: AsyncIterable<DownloadSample>,
  columns: DownloadColumns,
): ReadableStream<Uint8Array> {
  return byteStream(encodeLines(linesOf(samples, columns)))
}

async function* linesOf(
  samples: AsyncIterable<DownloadSample>,
  given: DownloadColumns,
): AsyncGenerator<string> {
  const columns = tableOf(given)
  const known = new Set(given.labels)
  const details = new Set(given.details)
  yield formatRecords([columns.map(({ name }) => encodeCell(name, 'text'))])
  for await (const sample of samples) {
    const all = [...sample.inputs, ...sample.outputs]
    const values = new Map(all.map(({ label, value }) => [label, value]))
    const isKnown =
      all.every(({ label }) => known.has(label)) &&
      Object.keys(sample.details).every((name) => details.has(name))
    if (!isKnown) throw newColumn()
    yield formatRecords([
      columns.map(({ mode, value }) => cellOf(value(sample, values) ?? null, mode)),
    ])
  }
}

function tableOf({ labels, details }: DownloadColumns): Column[] {
  const own = OWN.filter((name) => ALWAYS.includes(name) || details.includes(name))
  const foreign = details.filter((name) => !OWN.includes(name))
  const taken = new Set([...RESERVED, ...OWN])
  const { modes } = rowLayout([], own as OwnColumn[])
  return [
    { name: 'dataset', mode: 'text', value: ({ dataset }) => dataset },
    ...labels.map((label): Column => {
      const name = uniqueName(label, taken)
      return { name, mode: 'any', value: (_, values) => values.get(label) }
    }),
    ...foreign.map((name): Column => {
      const value = (sample: DownloadSample) => detail(sample, name)
      return { name: uniqueName(name, taken), mode: 'any', value }
    }),
    { name: 'reviewed', mode: 'any', value: ({ review }) => review?.reviewed ?? false },
    { name: 'note', mode: 'text', value: ({ review }) => review?.note },
    ...own.map((name, index): Column => {
      const mode = modes[index] ?? 'any'
      if (name === 'flag_option') return { name, mode, value: ({ option }) => option }
      if (name === 'username') return { name, mode, value: ({ username }) => username }
      return { name, mode, value: (sample) => detail(sample, name) }
    }),
  ]
}

function detail({ details }: DownloadSample, name: string): JSONValue | undefined {
  return Object.hasOwn(details, name) ? details[name] : undefined
}

function cellOf(value: FlagValue, mode: CellMode): string {
  const files = filesIn(value)
  if (files.length === 0) return encodeCell(value as JSONValue, mode)
  const paths = files.map((file) => storedPath(file) ?? '')
  if (paths.every((path) => parseStoredPath(path))) return fileCell(paths)
  // Gradio's paths, which no cell of ours holds bare.
  return encodeCell(paths.length > 1 ? paths : (paths[0] as string), 'any')
}

function newColumn(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_STORE',
    'A sample has a column that the table has not: download the selection once more',
  )
}
