import { crc32 } from 'node:zlib'
import { FlaggingError } from '../errors.ts'
import type { ByteSource } from '../store/byte-source.ts'
import { Spool } from './spool.ts'
import { type ZipFacts, directoryEnd, directoryEntry, localHeader } from './zip-records.ts'

/** A file for an archive, of which size and checksum are known before its bytes are given. */
export interface ZipEntry extends ZipFacts {
  readonly bytes: ByteSource
}

/**
 * The bytes of a ZIP archive, made while they are read and in constant memory, whatever it holds:
 * files of any size, any number of them (Zip64), names in UTF-8, nothing compressed, for images and
 * sound are. Sizes and checksums stand in front of the bytes, so that it can be unpacked while it
 * comes in.
 *
 * It fails where a file turns out to be another than was said: an archive that is whole is right.
 */
export async function* zip(
  entries: AsyncIterable<ZipEntry>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const directory = new Spool()
  let offset = 0
  let count = 0
  try {
    for await (const entry of entries) {
      const header = localHeader(entry)
      yield header
      yield* checked(entry)
      await directory.add(directoryEntry(entry, offset))
      offset += header.length + entry.size
      count++
    }
    const { size } = directory
    yield* copiesOf(directory.source)
    yield directoryEnd(count, size, offset)
  } finally {
    await directory.close()
  }
  return undefined
}

async function* checked({ bytes, size, crc }: ZipEntry): AsyncGenerator<Uint8Array> {
  let given = 0
  let sum = 0
  for await (const chunk of copiesOf(bytes)) {
    given += chunk.length
    sum = crc32(chunk, sum)
    if (given <= size) yield chunk
  }
  if (given === size && sum === crc) return
  throw new FlaggingError('ERR_FLAGGING_STORE', 'A file has changed while it was packed')
}

/** A source may use the memory of a chunk again; the reader of an archive may keep it. */
async function* copiesOf(bytes: ByteSource): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes.chunks()) yield new Uint8Array(chunk)
}
