import { resolve } from 'node:path'
import { FlaggingError } from '../errors.ts'
import { unless } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import { type FoundDataset, findDatasets } from '../store/find-logs.ts'
import type { Findings } from './findings.ts'
import { inspectDataset } from './inspect-dataset.ts'
import type { Counts, DatasetCounts, Note, Problem, Report } from './report.ts'

/** The options of {@link verify}. */
export interface VerifyOptions {
  /** How many problems, and how many notes, are kept of each dataset. Default: all. */
  readonly limit?: number
  /** Told how many bytes of logs were read, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Looks for damage in all datasets under a directory, ours and Gradio's. It writes nothing, needs no
 * lock, and may run beside writers. Memory grows with the names of files, and with the problems that
 * are kept, not with the rows.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for a directory that is none, cannot be listed or holds
 * no logs
 */
export async function verify(
  fs: FileSystem,
  dir: string,
  { limit = Number.POSITIVE_INFINITY, onProgress }: VerifyOptions = {},
): Promise<Report> {
  const path = resolve(dir)
  const datasets = await datasetsIn(fs, path)
  const total = await bytesOfLogs(fs, datasets)
  let done = 0
  const onBytes = (bytes: number): void => {
    // A log that is read anew counts once.
    done = Math.min(total, done + bytes)
    onProgress?.(done, total)
  }
  const counts: DatasetCounts[] = []
  const problems: Problem[] = []
  const notes: Note[] = []
  for (const dataset of datasets) {
    const { findings, close } = await inspectDataset(fs, dataset, { limit, onBytes })
    await close()
    counts.push(countsOf(findings, dataset.logs.length))
    for (const problem of findings.problems) problems.push(problem)
    for (const note of findings.notes) notes.push(note)
  }
  const totals = { datasets: counts.length, ...sumOf(counts) }
  return { dir: path, ok: totals.problems === 0, totals, datasets: counts, problems, notes }
}

/**
 * The datasets under a directory that must have some.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do
 */
export async function datasetsIn(fs: FileSystem, dir: string): Promise<FoundDataset[]> {
  const stat = await unless('ENOENT ENOTDIR EACCES', fs.stat(dir))
  if (stat === undefined) throw noDatasets(`${dir} is not there, or may not be read`)
  if (stat.kind !== 'directory') throw noDatasets(`${dir} is no directory`)
  const datasets = await findDatasets(fs, dir)
  if (datasets.length === 0) throw noDatasets(`${dir} holds no logs`)
  return datasets
}

function noDatasets(what: string): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `${what}: name the directory that samples are stored in, \`flagged\` unless \`dir\` says otherwise`,
  )
}

async function bytesOfLogs(fs: FileSystem, datasets: readonly FoundDataset[]): Promise<number> {
  let bytes = 0
  for (const { dir, logs } of datasets) {
    for (const { name } of logs) {
      bytes += (await unless('ENOENT EACCES', fs.lstat(`${dir}/${name}`)))?.size ?? 0
    }
  }
  return bytes
}

function countsOf(findings: Findings, logs: number): DatasetCounts {
  const { dataset, rows, files, bytes, unrecorded, inFlight, problemCount, noteCount } = findings
  const found = { rows, files, bytes, unrecorded, inFlight }
  return { dataset, logs, ...found, problems: problemCount, notes: noteCount }
}

function sumOf(all: readonly DatasetCounts[]): Counts {
  const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0)
  return {
    logs: sum('logs'),
    rows: sum('rows'),
    files: sum('files'),
    bytes: sum('bytes'),
    unrecorded: sum('unrecorded'),
    inFlight: sum('inFlight'),
    problems: sum('problems'),
    notes: sum('notes'),
  }
}
