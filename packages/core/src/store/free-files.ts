import { FlaggingError } from '../errors.ts'
import { isBadRow } from './bad-row.ts'
import { errnoOf, unless } from './disk.ts'
import { mentionsIn } from './file-mentions.ts'
import type { FileStat, OpenFile } from './file-system.ts'
import type { LogContext } from './log-context.ts'
import { BadSpan } from './log-entry.ts'
import { RowColumns } from './row-columns.ts'
import { LOG_NAME, type LogLayout } from './sidecar.ts'

/**
 * Removes files of rows that were deleted, but for those that another row of the dataset names. Never
 * throws: the rows are gone, and what stays is named by none.
 * @param paths as they stood in cells, each in the folder of its column
 * @param layoutOf what the dataset says of a log
 */
export async function freeFiles(
  context: LogContext,
  paths: Iterable<string>,
  layoutOf: (log: string) => LogLayout | undefined,
): Promise<void> {
  const { report } = context
  try {
    const doomed = new Set(paths)
    await strikeNamed(context, doomed, layoutOf)
    await unlinkAll(context, doomed)
  } catch (cause) {
    const message = `Files of deleted samples could not be removed (${errnoOf(cause) ?? 'see the cause'})`
    report(new FlaggingError('ERR_FLAGGING_STORE', message, { cause }))
  }
}

/** Takes every path that a row names from the set. */
async function strikeNamed(
  { fs, dir }: LogContext,
  doomed: Set<string>,
  layoutOf: (log: string) => LogLayout | undefined,
): Promise<void> {
  if (doomed.size === 0) return
  for (const { name } of await fs.readdir(dir)) {
    if (!LOG_NAME.test(name)) continue
    const file = await unless('ENOENT', fs.open(`${dir}/${name}`, 'read'))
    if (file === undefined) continue
    try {
      await strike({ fs, dir }, file, doomed, layoutOf(name))
    } finally {
      await file.close().catch(() => undefined)
    }
  }
}

async function strike(
  { fs, dir }: Pick<LogContext, 'fs' | 'dir'>,
  file: OpenFile,
  doomed: Set<string>,
  layout: LogLayout | undefined,
): Promise<void> {
  const { size } = await file.stat()
  // A number is that of one sample: hardly ever is there anything to be looked at more closely.
  const mentioned = await mentionsIn(file, { start: 0, end: size }, namesOf(doomed))
  if (mentioned.size === 0) return
  const rows = await RowColumns.of(fs, dir, { file, size, layout }).catch((error: unknown) => {
    if (!isBadRow(error)) throw error
    return undefined
  })
  // Whatever a log means that cannot be read, it may mean them.
  if (rows === undefined) return strikeNames(doomed, mentioned)
  for await (const entries of rows.entries()) {
    for (const entry of entries) {
      if (entry instanceof BadSpan) {
        strikeNames(doomed, await mentionsIn(file, entry, namesOf(doomed)))
      } else if (doomed.size > 0) {
        for (const path of await rows.filesOf(entry)) doomed.delete(path)
      }
    }
  }
}

function namesOf(paths: ReadonlySet<string>): Set<string> {
  return new Set([...paths].map(nameOf))
}

function strikeNames(paths: Set<string>, names: ReadonlySet<string>): void {
  for (const path of paths) if (names.has(nameOf(path))) paths.delete(path)
}

function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1)
}

/** Unlinks regular files in folders, as the reader would open them, and brings that to the disk. */
async function unlinkAll({ fs, dir }: LogContext, paths: ReadonlySet<string>): Promise<void> {
  const folders = new Map<string, FileStat | undefined>()
  for (const path of paths) {
    const folder = path.slice(0, path.indexOf('/'))
    if (!folders.has(folder)) {
      folders.set(folder, await unless('ENOENT ENOTDIR', fs.lstat(`${dir}/${folder}`)))
    }
    if (folders.get(folder)?.kind !== 'directory') continue
    const found = await unless('ENOENT ENOTDIR', fs.lstat(`${dir}/${path}`))
    if (found?.kind === 'file') await unless('ENOENT', fs.unlink(`${dir}/${path}`))
  }
  for (const [folder, found] of folders) {
    if (found?.kind === 'directory') await fs.syncDirectory(`${dir}/${folder}`)
  }
}
