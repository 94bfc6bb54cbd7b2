import { dirname, join } from 'node:path'
import { type ByteSource, type FileSystem, pathSource } from '@flagging/core/store'
import { directoryError } from './directory-error.ts'
import { OF_FILE, fileError } from './file-fault.ts'
import { noLinks } from './own-folder.ts'

/** A file in a directory, looked at and opened on each read. */
export function directorySource(
  fs: FileSystem,
  dir: string,
  key: string,
  size: number,
): ByteSource {
  const path = join(dir, key)
  const look = async (): Promise<void> => {
    await noLinks(fs, dir, dirname(path))
    const stat = await fs.lstat(path)
    if (stat.kind !== 'file') throw fileError(OF_FILE, `${key} is no regular file`)
    if (stat.size !== size) {
      const message = `${key} has ${stat.size} bytes, where ${size} were stored: it was replaced or cut`
      throw fileError(OF_FILE, message)
    }
  }
  const within = (source: ByteSource): ByteSource => ({
    size: source.size,
    async *chunks() {
      try {
        await look()
        yield* source.chunks()
      } catch (error) {
        throw directoryError(error, dir, 'read from', key)
      }
    },
    part: (offset, length) => within(source.part?.(offset, length) as ByteSource),
  })
  return within(pathSource(fs, path, size))
}
