import { createHash } from 'node:crypto'
import type { FlagValue, FlaggedFile, FlaggingError } from '@flagging/core'
import {
  type ByteSource,
  type Mark,
  SourceFile,
  bytesOf,
  isFlaggedFile,
  isFlaggedFileList,
  memorySource,
} from '@flagging/core/store'
import { OF_FILE, fileError } from '../files/file-fault.ts'
import { type FileSource, rowSample, wholeRecord } from '../samples/row-sample.ts'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { StoredDataset, StoredFile, StoredRow } from '../samples/stored-row.ts'

/** Files up to so many bytes are fetched many at a time, before their rows are written. */
export const SMALL: number = 256 * 1024

/** What went wrong last. */
interface Fault {
  error: Error | undefined
}

/** A sample on its way out of the database. */
export interface ExportSample {
  readonly seq: number
  readonly record: SampleRecord
  readonly mark: Mark | undefined
  /** The SHA-256 of each of its files. */
  readonly hashes: ReadonlyMap<FlaggedFile, string>
  /** What reading one of its files failed with last. */
  readonly fault: Fault
}

/**
 * The sample in a row, with the values that lie in files; its other files are checked while they are
 * read.
 * @throws FlaggingError what the file store says where it does not give a value
 */
export async function exportSample(
  row: StoredRow,
  dataset: StoredDataset,
  files: FileSource,
): Promise<ExportSample> {
  const facts = new Map(
    Object.values(row.files ?? {})
      .flat()
      .map((file) => [file.key, file]),
  )
  const fault: Fault = { error: undefined }
  const open = (key: string, size: number): ByteSource =>
    checkedSource(files.open(key, size), facts.get(key), fault)
  const record = await wholeRecord(rowSample(row, dataset, { open }))
  const hashes = new Map<FlaggedFile, string>()
  const values: FlagValue[] = []
  for (const value of record.values) values.push(await fetched(value, facts, hashes))
  return { seq: row.seq, record: { ...record, values }, mark: markOf(row), hashes, fault }
}

async function fetched(
  value: FlagValue,
  facts: ReadonlyMap<string, StoredFile>,
  hashes: Map<FlaggedFile, string>,
): Promise<FlagValue> {
  const take = async (file: FlaggedFile): Promise<FlaggedFile> => {
    // A cast, since all files of a row are made from their sources.
    const { name, type, source, size, storedAs = '' } = file as SourceFile
    const near = size <= SMALL ? memorySource(Buffer.from(await bytesOf(source))) : source
    const taken = new SourceFile(name, type, near)
    hashes.set(taken, facts.get(storedAs)?.sha256 ?? '')
    return taken
  }
  if (isFlaggedFile(value)) return take(value)
  return isFlaggedFileList(value) ? Promise.all(value.map(take)) : value
}

function checkedSource(
  source: ByteSource,
  facts: StoredFile | undefined,
  fault: Fault,
): ByteSource {
  return {
    ...source,
    async *chunks() {
      const hash = createHash('sha256')
      try {
        for await (const chunk of source.chunks()) {
          hash.update(chunk)
          yield chunk
        }
        if (hash.digest('hex') !== facts?.sha256) throw damaged(facts?.key ?? '')
      } catch (error) {
        fault.error = error as Error
        throw error
      }
    },
  }
}

function damaged(key: string): FlaggingError {
  return fileError(OF_FILE, `${key} is not what was stored: its bytes have changed`)
}

function markOf({ reviewed, note, reviewed_by, reviewed_at, at }: StoredRow): Mark | undefined {
  if (!reviewed && note === null) return undefined
  return { reviewed, note, by: reviewed_by, at: (reviewed_at ?? at).toISOString() }
}
