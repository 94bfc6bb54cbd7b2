import { nodeFileSystem as fs, unless, writeAll } from '@flagging/core/store'

const GONE = 'ENOENT ENOTDIR'
const MAX_TEXT = 16 * 1024 * 1024

/** Makes a file and brings it to the disk, but for its name. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await fs.open(path, 'create')
  try {
    await writeAll(file, typeof content === 'string' ? Buffer.from(content) : content, 0)
    await file.sync()
  } catch (error) {
    // Else the next try would find it there.
    await fs.unlink(path).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
}

/** The text of a file; `undefined` where there is none, or none of a sensible size. */
export async function readText(path: string): Promise<string | undefined> {
  const file = await unless(`${GONE} ELOOP`, fs.open(path, 'read'))
  if (file === undefined) return undefined
  try {
    const { kind, size } = await file.stat()
    if (kind !== 'file' || size > MAX_TEXT) return undefined
    const bytes = Buffer.alloc(size)
    let done = 0
    while (done < size) {
      const count = await file.read(bytes, done, size - done, done)
      if (count === 0) break
      done += count
    }
    return bytes.toString('utf8', 0, done)
  } finally {
    await file.close()
  }
}

/** The names of directories in a directory; none where there is no directory. */
export async function foldersIn(path: string): Promise<string[]> {
  const entries = (await unless(GONE, fs.readdir(path))) ?? []
  return entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name)
}

/** Deletes a directory with all that is in it; what is gone already is no error. */
export async function removeTree(path: string): Promise<void> {
  for (const { name, kind } of (await unless(GONE, fs.readdir(path))) ?? []) {
    const child = `${path}/${name}`
    if (kind === 'directory') await removeTree(child)
    else await unless(GONE, fs.unlink(child))
  }
  await unless(GONE, fs.rmdir(path))
}

/** The bytes of all files in a directory. */
export async function sizeOfTree(path: string): Promise<number> {
  let size = 0
  for (const { name, kind } of (await unless(GONE, fs.readdir(path))) ?? []) {
    const child = `${path}/${name}`
    if (kind === 'directory') size += await sizeOfTree(child)
    else size += (await unless(GONE, fs.lstat(child)))?.size ?? 0
  }
  return size
}
