import { unless } from './disk.ts'
import type { FileStat } from './file-system.ts'
import type { LogContext } from './log-context.ts'

/** What was found of a dataset under its lock, before any of it is trusted. */
export interface Survey {
  /** What lies where the lock file, or in exclusive use the working folder, should be. */
  readonly guard: FileStat | undefined
  readonly directory: FileStat | undefined
  readonly sidecar: FileStat | undefined
  /** By name. */
  readonly logs: Map<string, FileStat | undefined>
}

/** The paths that a survey looks at. */
export interface Surveyed {
  readonly guard: string
  readonly sidecar: string
  /** The logs that are known, by name. */
  readonly logs: ReadonlyMap<string, { readonly path: string }>
}

/** Looks at everything that others may have changed. */
export function survey(context: LogContext, paths: Surveyed): Survey | Promise<Survey> {
  const found = context.quick.ofNames ? surveyNow(context, paths) : surveyByThreads(context, paths)
  context.quick.looked()
  return found
}

function surveyNow({ fs, dir }: LogContext, { guard, sidecar, logs }: Surveyed): Survey {
  const found = new Map<string, FileStat | undefined>()
  for (const [name, log] of logs) found.set(name, fs.lstatNow(log.path))
  return {
    guard: fs.lstatNow(guard),
    directory: fs.statNow(dir),
    sidecar: fs.lstatNow(sidecar),
    logs: found,
  }
}

async function surveyByThreads({ fs, dir }: LogContext, paths: Surveyed): Promise<Survey> {
  const look = (path: string) => unless('ENOENT ENOTDIR', fs.lstat(path))
  const known = [...paths.logs]
  const [guard, directory, sidecar, ...stats] = await Promise.all([
    look(paths.guard),
    unless('ENOENT ENOTDIR', fs.stat(dir)),
    look(paths.sidecar),
    ...known.map(([, { path }]) => look(path)),
  ])
  const logs = new Map(known.map(([name], index) => [name, stats[index]]))
  return { guard, directory, sidecar, logs }
}
