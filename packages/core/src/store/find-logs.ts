import { FlaggingError } from '../errors.ts'
import { WORKING_FOLDER } from './dataset-files.ts'
import { unless } from './disk.ts'
import type { DirectoryEntry, FileSystem } from './file-system.ts'
import { LOG_NAME } from './sidecar.ts'

/**
 * What a log's name tells: `own` is `CSVLogger`'s, `gradio` its model's; `classic` may be an older
 * Gradio's, with a header, or a `SimpleCSVLogger`'s, without.
 */
type LogKind = 'own' | 'gradio' | 'classic'

/** A log, found by its name. */
export interface FoundLog {
  readonly name: string
  readonly kind: LogKind
  /** Whether it is a regular file; nothing else is opened. */
  readonly isFile: boolean
}

/** A dataset: a directory with the logs in it, oldest first. */
export interface FoundDataset {
  readonly dir: string
  /** The name of its folder if it is an endpoint's. */
  readonly endpoint: string | null
  readonly logs: readonly FoundLog[]
}

/** Who has logs of both had Gradio before. */
const ORDER: readonly LogKind[] = ['classic', 'gradio', 'own']
const CLASSIC_LOG = 'log.csv'
const GRADIO_LOG = /^dataset(\d{0,9})\.csv$/

/**
 * The datasets under a directory: its own, then those of endpoints in the order of their names. None
 * if there is no such directory, for it is made with the first sample.
 */
export async function findDatasets(fs: FileSystem, dir: string): Promise<FoundDataset[]> {
  const entries = await listDirectory(fs, dir)
  const datasets: FoundDataset[] = [{ dir, endpoint: null, logs: logsAmong(entries) }]
  for (const { name, kind } of entries.toSorted((a, b) => compare(a.name, b.name))) {
    const path = `${dir}/${name}`
    if (kind !== 'directory' || name === WORKING_FOLDER || !(await isDataset(fs, path))) continue
    const logs = logsAmong(await listDirectory(fs, path)).filter((log) => log.kind === 'own')
    datasets.push({ dir: path, endpoint: name, logs })
  }
  return datasets.filter(({ logs }) => logs.length > 0)
}

/** Looks no further than this: the folder of a label may hold a million files. */
async function isDataset(fs: FileSystem, path: string): Promise<boolean> {
  for (const name of ['logs.csv', WORKING_FOLDER]) {
    if ((await unless('ENOENT EACCES', fs.lstat(`${path}/${name}`))) !== undefined) return true
  }
  return false
}

/** What lies in a flagged directory; nothing if there is none. */
export async function listDirectory(fs: FileSystem, dir: string): Promise<DirectoryEntry[]> {
  try {
    return (await unless('ENOENT', fs.readdir(dir))) ?? []
  } catch (cause) {
    throw new FlaggingError(
      'ERR_FLAGGING_OPTION',
      'The flagged directory cannot be listed: name a directory that this process may read',
      { cause },
    )
  }
}

function logsAmong(entries: readonly DirectoryEntry[]): FoundLog[] {
  return entries
    .flatMap(({ name, kind }) => {
      const place = placeOf(name)
      return place === undefined ? [] : [{ name, isFile: kind === 'file', ...place }]
    })
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.number - b.number)
    .map(({ name, kind, isFile }) => ({ name, kind, isFile }))
}

function placeOf(name: string): { kind: LogKind; number: number } | undefined {
  if (name === CLASSIC_LOG) return { kind: 'classic', number: 1 }
  const number = GRADIO_LOG.exec(name)?.[1]
  if (number !== undefined) return { kind: 'gradio', number: Number(number) }
  if (!LOG_NAME.test(name)) return undefined
  return { kind: 'own', number: Number(name.slice('logs'.length, -'.csv'.length) || 1) }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
