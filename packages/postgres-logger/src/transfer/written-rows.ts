import {
  type StoredSample,
  bytesOf,
  findDatasets,
  nodeFileSystem,
  pathSource,
  readStored,
  rowHash,
  unless,
} from '@flagging/core/store'
import { importedRecord, titleOf } from './imported-record.ts'
import { hashOfBytes, samplePrint } from './sample-print.ts'

/** A row that an export has written. */
export interface WrittenRow {
  readonly print: string
  readonly folder: string
  /** What marks of reviewers know it by. */
  hash(): Promise<string>
}

/** How long the logs of a directory are, by their names with their folders in front. */
export async function endsOfLogs(dir: string): Promise<Record<string, number>> {
  const ends: Record<string, number> = {}
  for (const { dir: folder, endpoint, logs } of await findDatasets(nodeFileSystem, dir)) {
    for (const { name } of logs) {
      const stat = await unless('ENOENT', nodeFileSystem.lstat(`${folder}/${name}`))
      if (stat !== undefined) ends[titleOf({ dataset: endpoint, log: name })] = stat.size
    }
  }
  return ends
}

/** The rows of a directory behind these ends. */
export async function writtenRows(
  dir: string,
  ends: Readonly<Record<string, number>>,
): Promise<WrittenRow[]> {
  const rows: WrittenRow[] = []
  for await (const sample of readStored(dir, { from: new Map(Object.entries(ends)) })) {
    const record = importedRecord(sample, '', UNKNOWN)
    rows.push({
      print: await samplePrint(record, hashOfBytes),
      folder: record.folder,
      hash: () => hashOf(dir, sample),
    })
  }
  return rows
}

/** Rows, each to be taken once. */
export class FoundRows {
  readonly #rows = new Map<string, WrittenRow[]>()

  constructor(rows: readonly WrittenRow[]) {
    for (const row of rows.toReversed()) {
      const same = this.#rows.get(row.print)
      if (same === undefined) this.#rows.set(row.print, [row])
      else same.push(row)
    }
  }

  /** The first row that is a sample, and that nobody has taken. */
  take(print: string): WrittenRow | undefined {
    return this.#rows.get(print)?.pop()
  }
}

const UNKNOWN = new Date(0)

async function hashOf(dir: string, sample: StoredSample): Promise<string> {
  const { start, end } = sample
  const path = `${dir}/${titleOf(sample)}`
  return rowHash(await bytesOf(pathSource(nodeFileSystem, path, end - start, start)))
}
