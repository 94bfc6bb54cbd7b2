import { dirname, join, relative, sep } from 'node:path'
import { type FileSystem, makeDirectories, unless } from '@flagging/core/store'
import { OF_PLACE, fileError } from './file-fault.ts'

/**
 * Rejects if a folder below a directory, or one between them, is a symbolic link or anything else that
 * is no folder; with `ENOENT` where there is none. What the directory itself is, its owner says.
 */
export async function noLinks(fs: FileSystem, dir: string, folder: string): Promise<void> {
  const looks: Promise<void>[] = []
  for (let at = folder; at !== dir; at = dirname(at)) looks.push(mustBeFolder(fs, at))
  await Promise.all(looks)
}

/** Makes a folder below a directory, the directory, and what is missing between them. */
export async function ownFolder(fs: FileSystem, dir: string, folder: string): Promise<void> {
  if (
    await unless(
      'ENOENT',
      noLinks(fs, dir, folder).then(() => true),
    )
  )
    return
  await makeDirectories(fs, dir, true)
  let at = dir
  for (const name of relative(dir, folder).split(sep)) {
    const above = at
    at = join(at, name)
    const isNew = await unless(
      'EEXIST',
      fs.mkdir(at).then(() => true),
    )
    if (isNew) await fs.syncDirectory(above)
    // Before anything is made in it.
    else await mustBeFolder(fs, at)
  }
}

async function mustBeFolder(fs: FileSystem, path: string): Promise<void> {
  const { kind } = await fs.lstat(path)
  if (kind === 'directory') return
  const message = `${path} is no folder of its own, and links are not followed: move it away`
  throw fileError(OF_PLACE, message)
}
