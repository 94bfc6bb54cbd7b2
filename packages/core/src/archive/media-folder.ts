import type { FlagValue, FlaggedFile } from '../sample/flag-value.ts'
import { errnoOf } from '../store/disk.ts'
import { passiveExtensionOf, servedTypeOf } from '../store/file-kind.ts'
import { byteStream, encodeLines } from './byte-stream.ts'
import type { DownloadSample } from './download-sample.ts'
import { type FolderRow, FolderColumns, rowText } from './folder-columns.ts'
import { packedFile } from './packed-file.ts'
import { spooledLines } from './spooled-lines.ts'
import { Spool } from './spool.ts'
import { filesIn, storedPath } from './value-json.ts'
import { type ZipEntry, zip } from './zip.ts'

/** What an archive is a folder of. */
export type FolderKind = 'image' | 'audio'

const FOLDERS: Readonly<Record<FolderKind, string>> = { image: 'images', audio: 'audio' }
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])

/** What is gathered until the end of the archive. */
interface Gathered {
  readonly kind: FolderKind
  readonly columns: FolderColumns
  readonly rows: Spool
  readonly errors: Spool
  count: number
}

/**
 * Samples as a ZIP archive that Hugging Face's `datasets` loads as an ImageFolder or AudioFolder: the
 * files of the kind, numbered, and behind them `metadata.jsonl` with one row for each sample that has
 * such a file. What an archive says last waits in memory, and in files without a name once it is more
 * than a little.
 *
 * A file that cannot be read is left out, and `errors.txt` says so. If one changes between its first
 * reading and its second, or if the samples cannot be read on, the stream fails, and the archive is
 * seen to be cut off.
 */
export function mediaFolder(
  kind: FolderKind,
  samples: AsyncIterable<DownloadSample>,
): ReadableStream<Uint8Array> {
  return byteStream(archiveOf(kind, samples))
}

async function* archiveOf(
  kind: FolderKind,
  samples: AsyncIterable<DownloadSample>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const columns = new FolderColumns(kind)
  const gathered = { kind, columns, rows: new Spool(), errors: new Spool(), count: 0 }
  const metadata = new Spool()
  try {
    yield* zip(entriesOf(samples, gathered, metadata))
  } finally {
    for (const spool of [gathered.rows, gathered.errors, metadata]) await spool.close()
  }
  return undefined
}

async function* entriesOf(
  samples: AsyncIterable<DownloadSample>,
  gathered: Gathered,
  metadata: Spool,
): AsyncGenerator<ZipEntry> {
  for await (const sample of samples) yield* filesOf(sample, gathered)
  const { columns, rows, errors, count, kind } = gathered
  const lineOf = columns.writer()
  for await (const piece of encodeLines(rewritten(rows, lineOf))) await metadata.add(piece)
  yield spooled('metadata.jsonl', metadata)
  if (count === 0) await say(errors, `No sample of the selection has a file of this kind: ${kind}.`)
  if (errors.size > 0) yield spooled('errors.txt', errors)
}

async function* rewritten(rows: Spool, lineOf: (row: FolderRow) => string): AsyncGenerator<string> {
  for await (const line of spooledLines(rows)) yield `${lineOf(JSON.parse(line) as FolderRow)}\n`
}

/** Gives the files of a sample, and keeps its row if there are any. */
async function* filesOf(sample: DownloadSample, gathered: Gathered): AsyncGenerator<ZipEntry> {
  const { kind, columns, rows } = gathered
  const packed: (readonly [label: string, path: string])[] = []
  for (const { label, value } of [...sample.inputs, ...sample.outputs]) {
    for (const file of mediaIn(value, kind)) {
      const entry = await packedOf(file, packed.length, { sample, label, gathered })
      if (entry === undefined) continue
      packed.push([label, entry.name])
      yield entry
    }
  }
  const [first, ...more] = packed
  if (first === undefined) return
  const row = rowOf(sample, kind, first, more)
  columns.add(row)
  await rows.add(Buffer.from(`${JSON.stringify(row)}\n`))
  gathered.count++
}

interface Place {
  readonly sample: DownloadSample
  readonly label: string
  readonly gathered: Gathered
}

/** A file under its name in the archive; `undefined` for one that cannot be read, which is noted. */
async function packedOf(
  file: FlaggedFile,
  index: number,
  { sample, label, gathered }: Place,
): Promise<ZipEntry | undefined> {
  const number = String(gathered.count).padStart(7, '0') + (index === 0 ? '' : `-${index}`)
  const name = `${FOLDERS[gathered.kind]}/${number}.${passiveExtensionOf(file.type)}`
  try {
    return await packedFile(file, name)
  } catch (error) {
    const where = [sample.dataset ?? '.', sample.log, label, storedPath(file) ?? '']
    const why = GONE.has(errnoOf(error)) ? 'it is gone' : 'it cannot be read'
    await say(gathered.errors, `${where.map((part) => JSON.stringify(part)).join(' ')}: ${why}`)
    return undefined
  }
}

function rowOf(
  sample: DownloadSample,
  kind: FolderKind,
  [column, file]: readonly [string, string],
  more: readonly (readonly [label: string, path: string])[],
): FolderRow {
  const { inputs, outputs, details, review } = sample
  const labels = new Set(more.map(([label]) => label))
  const files = [...labels].map((label) => {
    return [label, more.filter((one) => one[0] === label).map(([, path]) => path)] as const
  })
  return {
    file,
    column,
    files,
    values: [...inputs, ...outputs].flatMap(({ label, value }) =>
      mediaIn(value, kind).length > 0 ? [] : rowText(label, value),
    ),
    own: [
      ...rowText('dataset', sample.dataset ?? ''),
      ...rowText('flag_option', sample.option ?? ''),
      ...rowText('username', sample.username ?? ''),
      ...Object.entries(details).flatMap(([name, value]) => rowText(name, value)),
      ...rowText('reviewed', review?.reviewed ?? false),
      ...rowText('note', review?.note ?? ''),
    ],
  }
}

function mediaIn(value: FlagValue, kind: FolderKind): readonly FlaggedFile[] {
  return filesIn(value).filter(({ type }) => servedTypeOf(type).startsWith(`${kind}/`))
}

function spooled(name: string, spool: Spool): ZipEntry {
  const { size, crc, source } = spool
  return { name, size, crc, bytes: source }
}

function say(errors: Spool, line: string): Promise<void> {
  return errors.add(Buffer.from(`${line}\n`))
}
