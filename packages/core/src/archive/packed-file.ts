import { crc32 } from 'node:zlib'
import { FlaggingError } from '../errors.ts'
import type { FlaggedFile } from '../sample/flag-value.ts'
import { type ByteSource, SourceFile, memorySource } from '../store/byte-source.ts'
import type { ZipEntry } from './zip.ts'

/** Files up to this size are kept in memory from the first reading to the second. */
const SMALL = 1024 * 1024

/**
 * Reads a file through, so that it is known to be whole before anything of it stands in an archive.
 * Larger ones are read once more when they are packed.
 * @throws what the reading of it does
 */
export async function packedFile(file: FlaggedFile, name: string): Promise<ZipEntry> {
  const source = sourceOf(file)
  const { size } = source
  const kept = size <= SMALL ? Buffer.allocUnsafe(size) : undefined
  let crc = 0
  let read = 0
  for await (const chunk of source.chunks()) {
    if (read + chunk.length > size) throw otherSize()
    kept?.set(chunk, read)
    crc = crc32(chunk, crc)
    read += chunk.length
  }
  if (read < size) throw otherSize()
  return { name, size, crc, bytes: kept ? memorySource(kept) : source }
}

function sourceOf(file: FlaggedFile): ByteSource {
  if (file instanceof SourceFile) return file.source
  return { size: file.size, chunks: () => file.stream() }
}

function otherSize(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_STORE', 'A file has another size than was recorded')
}
