import { WORKING_FOLDER, SIDECAR_NAME } from '../store/dataset-files.ts'
import { randomName, unless } from '../store/disk.ts'
import type { FileStat } from '../store/file-system.ts'
import { EMPTY_SIDECAR, LOG_NAME, readSidecar, writeSidecar } from '../store/sidecar.ts'
import type { Inspected } from './inspect-dataset.ts'
import type { MendContext } from './mending.ts'
import { ORPHANS_FOLDER, isOld } from './working-folder.ts'

/**
 * Moves files that no row names out of the way, and removes uploads in flight that lie under another
 * name as well; done under the dataset's lock.
 * @returns false, with nothing done, if the dataset is not the one that was inspected any more
 */
export async function mendFiles(context: MendContext, inspected: Inspected): Promise<boolean> {
  const named = await namedSince(context, inspected)
  if (named === undefined) return false
  const orphans = inspected.orphans.filter((path) => !named.has(path))
  const copies = await findCopies(context, inspected)
  if (inspected.working.isDescribed && orphans.length > 0) {
    await keepNumbers(context, inspected)
    for (const path of orphans) await moveOrphan(context, path)
  }
  for (const { name, stat } of inspected.working.abandoned) {
    await clearUpload(context, name, stat, copies.get(stat.ino))
  }
  return true
}

/** The files that rows name which were written since; `undefined` if that cannot be said. */
async function namedSince(
  { fs, dir }: MendContext,
  { logs }: Inspected,
): Promise<Set<string> | undefined> {
  const named = new Set<string>()
  const known = new Set(logs.map(({ rows }) => rows.name))
  for (const { name } of await fs.readdir(dir)) {
    if (LOG_NAME.test(name) && !known.has(name)) return undefined
  }
  for (const { rows, next, end } of logs) {
    const now = await unless('ENOENT', fs.lstat(`${dir}/${rows.name}`))
    const isSame = now?.ino === rows.stat.ino && now.dev === rows.stat.dev
    if (!isSame || now.size < end) return undefined
    if (now.size === end) continue
    if (rows.isBlank) return undefined
    for await (const batch of rows.read(next, end, now.size)) {
      for (const { files, damage } of batch) {
        // The writer would set it aside, whatever it names.
        if (damage === 'tail') continue
        if (damage !== undefined) return undefined
        for (const path of files) named.add(path)
      }
    }
  }
  return named
}

/** Other names of uploads in flight, by inode. */
async function findCopies(
  { fs, dir }: MendContext,
  { working, table }: Inspected,
): Promise<Map<number, string>> {
  const copies = new Map<number, string>()
  const wanted = working.abandoned.filter(({ stat }) => stat.nlink > 1)
  if (wanted.length === 0) return copies
  const sizes = new Set(wanted.map(({ stat }) => stat.size))
  const named = [...table.named()].filter(([, { size }]) => sizes.has(size)).map(([path]) => path)
  for (const path of [...named, ...table.unnamed()]) {
    const stat = await unless('ENOENT', fs.lstat(`${dir}/${path}`))
    const isWanted = wanted.some((one) => one.stat.ino === stat?.ino && one.stat.dev === stat.dev)
    if (isWanted && stat !== undefined) copies.set(stat.ino, path)
  }
  return copies
}

/** A number is never given twice, also not when its files are gone. */
async function keepNumbers({ fs, folder }: MendContext, inspected: Inspected): Promise<void> {
  const sidecar = (await readSidecar(fs, `${folder}/${SIDECAR_NAME}`)) ?? EMPTY_SIDECAR
  const skipped = inspected.table.highest + 1 - inspected.findings.rows
  if (skipped <= sidecar.skipped) return
  await writeSidecar(fs, folder, SIDECAR_NAME, { ...sidecar, skipped })
}

async function moveOrphan(context: MendContext, path: string): Promise<void> {
  const { fs, dir } = context
  const [label = '', name = ''] = path.split('/')
  if ((await fs.lstat(`${dir}/${label}`)).kind !== 'directory') return
  const stat = await unless('ENOENT', fs.lstat(`${dir}/${path}`))
  if (stat?.kind !== 'file' || !isOld(stat)) return
  const to = await moveAside(context, path, label, name)
  const message = `${path}, which no row names, moved to ${to}`
  context.done({ code: 'orphan', file: path, bytes: stat.size, to, message })
}

async function clearUpload(
  context: MendContext,
  name: string,
  seen: FileStat,
  copy: string | undefined,
): Promise<void> {
  const { fs, dir } = context
  const path = `${WORKING_FOLDER}/${name}`
  const stat = await unless('ENOENT', fs.lstat(`${dir}/${path}`))
  if (stat?.kind !== 'file' || stat.ino !== seen.ino || !isOld(stat)) return
  const facts = { code: 'abandoned_upload', file: path, bytes: stat.size } as const
  if (copy !== undefined) {
    await fs.unlink(`${dir}/${path}`)
    context.done({ ...facts, message: `${path} deleted: it is a second name of ${copy}` })
    return
  }
  const to = await moveAside(context, path, '', name)
  context.done({ ...facts, to, message: `${path}, whose writer has died, moved to ${to}` })
}

/** Moves a file into a folder of the orphans, under a name that is free there. */
async function moveAside(
  { fs, dir, folder }: MendContext,
  path: string,
  label: string,
  name: string,
): Promise<string> {
  const orphans = `${folder}/${ORPHANS_FOLDER}`
  const target = label === '' ? orphans : `${orphans}/${label}`
  await useFolder(fs, orphans, folder)
  if (label !== '') await useFolder(fs, target, orphans)
  let free = name
  while ((await unless('ENOENT', fs.lstat(`${target}/${free}`))) !== undefined) {
    free = `${randomName()}-${name}`
  }
  await fs.rename(`${dir}/${path}`, `${target}/${free}`)
  await fs.syncDirectory(target)
  await fs.syncDirectory(label === '' ? folder : `${dir}/${label}`)
  const parts = [WORKING_FOLDER, ORPHANS_FOLDER, label, free]
  return parts.filter((part) => part !== '').join('/')
}

async function useFolder(fs: MendContext['fs'], path: string, parent: string): Promise<void> {
  const found = await unless('ENOENT', fs.lstat(path))
  if (found?.kind === 'directory') return
  // Whatever else lies there is refused by this.
  await fs.mkdir(path)
  await fs.syncDirectory(parent)
}
