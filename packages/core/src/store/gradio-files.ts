import type { FlagValue, FlaggedFile, JSONValue } from '../sample/flag-value.ts'
import { badRow } from './bad-row.ts'
import { SourceFile, pathSource } from './byte-source.ts'
import { unless } from './disk.ts'
import { mediaTypeOf } from './file-kind.ts'
import type { FileSystem } from './file-system.ts'
import type { FoundValue } from './log-column.ts'

// Every file that Gradio copies gets a folder of its own, named by ten random bytes.
const OWN_FOLDER = /^[0-9a-f]{20}$/
const GONE = 'ENOENT ENOTDIR ENAMETOOLONG'
const MAX_LABEL_BYTES = 190

/** A file that a cell may name, as the path below the flagged directory. */
export interface ClaimedFile {
  readonly path: readonly string[]
  /** The name that the uploader gave it. */
  readonly name: string
  /** Whether the path has a form that nothing but a file of Gradio's has. */
  readonly isCertain: boolean
}

/**
 * The files that a value names, if it names files of its own column and nothing else. Gradio writes
 * paths relative to the directory that its process was started in; what comes before the column's
 * folder is dropped.
 */
export function claimedFiles(value: JSONValue, label: string): readonly ClaimedFile[] | undefined {
  const items: readonly JSONValue[] = Array.isArray(value) ? value : [value]
  const claims = items.map((item) => claimOf(item, label))
  return claims.length > 0 && claims.every((claim) => claim !== undefined) ? claims : undefined
}

/** Looks the files up; gives the value itself if it turns out to name none. */
export async function findGradioFiles(
  fs: FileSystem,
  dir: string,
  value: JSONValue,
  claims: readonly ClaimedFile[],
): Promise<FoundValue> {
  const found = await Promise.all(claims.map((claim) => findFile(fs, dir, claim)))
  const files = found.filter((file) => file !== undefined)
  const missing = files.length < claims.length
  if (missing && !claims.every(({ isCertain }) => isCertain)) return { value, missing: false }
  if (Array.isArray(value)) return { value: files.length > 0 ? files : null, missing }
  return { value: (files[0] ?? null) as FlagValue, missing }
}

function claimOf(item: JSONValue, label: string): ClaimedFile | undefined {
  const { path, orig_name: given } = typeof item === 'string' ? { path: item } : fieldsOf(item)
  if (typeof path !== 'string' || path.includes('\0')) return undefined
  const segments = path.split(path.includes('/') ? '/' : '\\')
  const folder = segments.at(-2) ?? ''
  const below = OWN_FOLDER.test(folder) ? segments.slice(-3) : segments.slice(-2)
  const file = below.at(-1) ?? ''
  if (!isFolderOf(below[0] ?? '', label) || file === '' || file === '.' || file === '..') {
    return undefined
  }
  const name = typeof given === 'string' && given !== '' ? given : file
  return { path: below, name, isCertain: below.length === 3 }
}

/** The fields of what Gradio calls file data. */
function fieldsOf(item: JSONValue): { readonly path?: JSONValue; readonly orig_name?: JSONValue } {
  const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
  return isObject ? (item as { readonly [key: string]: JSONValue }) : {}
}

/** Which signs a label loses on its way to a folder name differs from version to version. */
function isFolderOf(folder: string, label: string): boolean {
  if (folder === '' || folder.startsWith('.')) return false
  const [short, long] = [letters(folder), letters(label)]
  if (short === '' || long === '') return folder === label
  return short === long || (Buffer.byteLength(folder) >= MAX_LABEL_BYTES && long.startsWith(short))
}

function letters(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '')
}

async function findFile(
  fs: FileSystem,
  dir: string,
  { path, name, isCertain }: ClaimedFile,
): Promise<FlaggedFile | undefined> {
  let at = dir
  for (const [index, segment] of path.entries()) {
    at = `${at}/${segment}`
    const isLast = index === path.length - 1
    const stat = await unless(GONE, fs.lstat(at))
    if (stat === undefined) return undefined
    if (stat.kind !== (isLast ? 'file' : 'directory')) {
      if (!isCertain) return undefined
      throw badRow('a file is no regular file in its folder')
    }
    if (!isLast) continue
    const extension = /\.([^.]+)$/.exec(segment)?.[1] ?? ''
    const source = pathSource(fs, at, stat.size)
    return new SourceFile(name, mediaTypeOf(extension), source, path.join('/'))
  }
  return undefined
}
