import { performance } from 'node:perf_hooks'
import { RecordParser } from './record-parser.ts'
import { DatasetLock } from './dataset-lock.ts'
import { readRange, unless } from './disk.ts'
import type { FileStat, FileSystem } from './file-system.ts'
import { LOG_NAME } from './sidecar.ts'

/** The name of an upload in flight, in a dataset's working folder. */
export const STAGED_NAME: RegExp = /^[\w-]{12}\.tmp$/
/** Milliseconds after which the writer of an upload in flight counts as dead. */
export const ABANDONED_MS: number = 60 * 60 * 1000

const LOCK_WAIT_MS = 2000

/** What sweeping needs of a dataset. */
export interface SweepContext {
  readonly fs: FileSystem
  /** The dataset's folder. */
  readonly dir: string
  /** Its `.flagging`. */
  readonly folder: string
  /** Whether this process is the only writer, so that no lock is needed. */
  readonly exclusive: boolean
}

interface Abandoned {
  readonly path: string
  readonly stat: FileStat
}

/**
 * Removes what writers left that died more than an hour ago: uploads in flight, and with them the
 * names that such a file was given for a row that was never written. A file keeps its temporary name
 * until its row is stored, so one that has a name beside it may be an orphan; whether it is, the logs
 * say. It costs a look into the working folder, and more only after a crash.
 * @param abandonedMs how old they must be, for whoever knows that no writer is at work
 */
export async function sweep(
  context: SweepContext,
  abandonedMs: number = ABANDONED_MS,
): Promise<void> {
  const { fs, dir } = context
  const abandoned = await findAbandoned(context, abandonedMs)
  const linked = abandoned.filter(({ stat }) => stat.nlink > 1)
  if (linked.length > 0) {
    const paths = await findNames(fs, dir, linked)
    const sizes = await settledLogs(context)
    if (sizes === undefined) return
    for (const [name, size] of sizes) await strikeNamed(fs, `${dir}/${name}`, size, paths)
    for (const path of paths) await unless('ENOENT', fs.unlink(`${dir}/${path}`))
  }
  for (const { path } of abandoned) await unless('ENOENT', fs.unlink(path))
}

async function findAbandoned(
  { fs, folder }: SweepContext,
  abandonedMs: number,
): Promise<Abandoned[]> {
  const abandoned: Abandoned[] = []
  for (const { name } of await fs.readdir(folder)) {
    if (!STAGED_NAME.test(name)) continue
    const path = `${folder}/${name}`
    const stat = await unless('ENOENT', fs.lstat(path))
    if (stat?.kind !== 'file' || Date.now() - stat.mtimeMs < abandonedMs) continue
    abandoned.push({ path, stat })
  }
  return abandoned
}

/** The other names of files, relative to the dataset. */
async function findNames(
  fs: FileSystem,
  dir: string,
  files: readonly Abandoned[],
): Promise<Set<string>> {
  const inodes = new Set(files.map(({ stat }) => inodeOf(stat)))
  const paths = new Set<string>()
  for (const folder of await fs.readdir(dir)) {
    if (folder.kind !== 'directory' || folder.name.startsWith('.')) continue
    for (const { name } of await fs.readdir(`${dir}/${folder.name}`)) {
      const path = `${folder.name}/${name}`
      const stat = await unless('ENOENT', fs.lstat(`${dir}/${path}`))
      if (stat !== undefined && inodes.has(inodeOf(stat))) paths.add(path)
    }
  }
  return paths
}

function inodeOf({ dev, ino }: FileStat): string {
  return `${dev}:${ino}`
}

/**
 * The logs and how long they are while nobody is between linking a file and writing its row: a row
 * that names a file of a dead writer stands before these ends, or nowhere. `undefined` if that cannot
 * be said: the lock does not become free, or a log has left.
 */
async function settledLogs(context: SweepContext): Promise<Map<string, number> | undefined> {
  const { fs, folder, exclusive } = context
  if (exclusive) return logSizes(context)
  // A lock of its own: the same open file would be let in beside its holder.
  const lock = new DatasetLock(fs, folder)
  try {
    await lock.open()
    if (!(await lock.acquire(performance.now() + LOCK_WAIT_MS))) return undefined
    return await logSizes(context)
  } finally {
    await lock.close()
  }
}

/** `undefined` if a log was put aside under another name, such as `logs.csv.1.gz`: its rows count too. */
async function logSizes({ fs, dir }: SweepContext): Promise<Map<string, number> | undefined> {
  const sizes = new Map<string, number>()
  for (const { name } of await fs.readdir(dir)) {
    if (!name.startsWith('logs')) continue
    const stat = await fs.lstat(`${dir}/${name}`)
    if (stat.kind === 'directory') continue
    if (stat.kind !== 'file' || !LOG_NAME.test(name)) return undefined
    sizes.set(name, stat.size)
  }
  return sizes
}

/** Takes every path that a log may name from the set: in doubt, a file stays. */
async function strikeNamed(
  fs: FileSystem,
  log: string,
  size: number,
  paths: Set<string>,
): Promise<void> {
  const file = await fs.open(log, 'read')
  try {
    const parser = new RecordParser()
    for await (const chunk of readRange(file, 0, size)) {
      for (const { cells } of parser.push(chunk)) strike(cells, paths)
    }
    for (const { cells } of parser.end()) strike(cells, paths)
  } finally {
    await file.close()
  }
}

function strike(cells: readonly string[], paths: Set<string>): void {
  // A record too long to be read has no cells, and could name anything.
  if (cells.length === 0) paths.clear()
  for (const cell of cells) {
    if (!cell.includes('/')) continue
    for (const path of paths) if (cell.includes(path)) paths.delete(path)
  }
}
