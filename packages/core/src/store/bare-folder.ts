import { badRow } from './bad-row.ts'
import { SourceFile, pathSource } from './byte-source.ts'
import { unless } from './disk.ts'
import { type Drafts, listed } from './draft.ts'
import { mediaTypeOf } from './file-kind.ts'
import type { DirectoryEntry, FileSystem } from './file-system.ts'
import { setOwn } from './sample-form.ts'
import type { Sample } from './sample.ts'

const ORDER = new Intl.Collator('en', { numeric: true })

/**
 * The files of a folder that holds no logs, each a sample with one input. Files whose name starts
 * with a dot are left out, and so is all that is no regular file.
 */
export function fileDrafts(
  fs: FileSystem,
  dir: string,
  entries: readonly DirectoryEntry[],
  label: string,
): Drafts {
  const files = entries
    .filter(({ name, kind }) => kind === 'file' && !name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted(ORDER.compare)
  return listed(
    files.map((name, n) => ({
      isCertain: true,
      read: () => fileSample(fs, dir, name, label, n),
    })),
  )
}

async function fileSample(
  fs: FileSystem,
  dir: string,
  name: string,
  label: string,
  n: number,
): Promise<Sample> {
  const stat = await unless('ENOENT', fs.lstat(`${dir}/${name}`))
  if (stat?.kind !== 'file') throw badRow(`file ${n} of the folder is no regular file any more`)
  const extension = /\.([^.]+)$/.exec(name)?.[1] ?? ''
  const source = pathSource(fs, `${dir}/${name}`, stat.size)
  const inputs = {}
  setOwn(inputs, label, new SourceFile(name, mediaTypeOf(extension), source, name))
  const details = { log: null, missing: [] }
  return { n, inputs, outputs: {}, option: null, username: null, endpoint: null, details }
}
