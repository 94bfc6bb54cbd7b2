import { FlaggingError } from '../errors.ts'
import { SIDECAR_NAME, WORKING_FOLDER } from '../store/dataset-files.ts'
import { unless } from '../store/disk.ts'
import type { FileStat, FileSystem } from '../store/file-system.ts'
import { EMPTY_SIDECAR, type Sidecar, readSidecar } from '../store/sidecar.ts'
import { ABANDONED_MS, STAGED_NAME } from '../store/sweep.ts'
import type { Findings } from './findings.ts'
import type { Modes } from './modes.ts'

/** Where `repair` puts files that no row names. */
export const ORPHANS_FOLDER = 'orphans'

const TORN = /^torn-/
const BROKEN = /^broken-.*\.json$/

/** What was found in the working folder of a dataset. */
export interface WorkingFolder {
  /** Whether it is a folder; files in anything else are not looked at. */
  readonly isFolder: boolean
  readonly sidecar: Sidecar
  /** Whether the component list can be used, or there is none. */
  readonly isDescribed: boolean
  /** Uploads in flight whose writers have died. */
  readonly abandoned: readonly { readonly name: string; readonly stat: FileStat }[]
}

const NOTHING: WorkingFolder = {
  isFolder: false,
  sidecar: EMPTY_SIDECAR,
  isDescribed: true,
  abandoned: [],
}

/** Looks at what lies in the working folder of a dataset. */
export async function lookAtWorkingFolder(
  fs: FileSystem,
  dir: string,
  findings: Findings,
  modes: Modes,
): Promise<WorkingFolder> {
  const folder = `${dir}/${WORKING_FOLDER}`
  const stat = await unless('ENOENT', fs.lstat(folder))
  if (stat === undefined) return NOTHING
  if (stat.kind !== 'directory') {
    const message = `${WORKING_FOLDER} is no folder: move it away`
    findings.problem('not_a_file', message, { file: WORKING_FOLDER })
    return NOTHING
  }
  modes.look(WORKING_FOLDER, stat)
  const abandoned: { name: string; stat: FileStat }[] = []
  let list: Pick<WorkingFolder, 'sidecar' | 'isDescribed'> = NOTHING
  const names = (await fs.readdir(folder)).map(({ name }) => name)
  for (const name of names.toSorted()) {
    const found = await unless('ENOENT', fs.lstat(`${folder}/${name}`))
    if (found === undefined) continue
    const file = `${WORKING_FOLDER}/${name}`
    modes.look(file, found)
    if (name === SIDECAR_NAME) list = await readList(fs, `${folder}/${name}`, findings)
    else if (name === ORPHANS_FOLDER) await countOrphans(fs, `${folder}/${name}`, found, findings)
    else if (TORN.test(name)) {
      const message = `${file} holds ${found.size} bytes that were set aside`
      findings.note('quarantined', message, { file, bytes: found.size })
    } else if (BROKEN.test(name)) {
      const message = `${file} is a component list that could not be used`
      findings.note('quarantined', message, { file, bytes: found.size })
    } else if (STAGED_NAME.test(name)) {
      if (found.kind !== 'file') {
        findings.problem('not_a_file', `${file} is no regular file: move it away`, { file })
      } else if (isOld(found)) abandoned.push({ name, stat: found })
      else findings.inFlight++
    }
  }
  for (const {
    name,
    stat: { size },
  } of abandoned) {
    const file = `${WORKING_FOLDER}/${name}`
    const message = `${file} is an upload whose writer has died`
    findings.problem('abandoned_upload', message, { file, bytes: size })
  }
  return { isFolder: true, ...list, abandoned }
}

/** Whether a file is so old that no writer can still be at work on it. */
export function isOld({ mtimeMs }: FileStat): boolean {
  return Date.now() - mtimeMs > ABANDONED_MS
}

async function readList(
  fs: FileSystem,
  path: string,
  findings: Findings,
): Promise<Pick<WorkingFolder, 'sidecar' | 'isDescribed'>> {
  try {
    return { sidecar: (await readSidecar(fs, path)) ?? EMPTY_SIDECAR, isDescribed: true }
  } catch (error) {
    if (!(error instanceof FlaggingError)) throw error
    const file = `${WORKING_FOLDER}/${SIDECAR_NAME}`
    findings.problem(
      'component_list',
      `${file} cannot be used, so columns load as untyped: put a backup in its place, or leave it ` +
        'to the next flag, which sets it aside',
      { file },
    )
    return { sidecar: EMPTY_SIDECAR, isDescribed: false }
  }
}

async function countOrphans(
  fs: FileSystem,
  path: string,
  stat: FileStat,
  findings: Findings,
): Promise<void> {
  const file = `${WORKING_FOLDER}/${ORPHANS_FOLDER}`
  if (stat.kind !== 'directory') {
    findings.problem('not_a_file', `${file} is no folder: move it away`, { file })
    return
  }
  const pending = [path]
  let count = 0
  let bytes = 0
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const { name, kind } of (await unless('ENOENT', fs.readdir(at))) ?? []) {
      if (kind === 'directory') pending.push(`${at}/${name}`)
      else {
        count++
        bytes += (await unless('ENOENT', fs.lstat(`${at}/${name}`)))?.size ?? 0
      }
    }
  }
  if (count === 0) return
  const what = count === 1 ? '1 file that no row names' : `${count} files that no row names`
  findings.note('quarantined', `${file} holds ${what}`, { file, bytes })
}
