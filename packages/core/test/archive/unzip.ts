import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { fromBufferPromise, openPromise } from 'yauzl'

/**
 * What a strict foreign reader finds in an archive, by name, in order; checksums are compared.
 * @param isRead which files to read; the others are empty
 */
export async function unzip(
  archive: Buffer | string,
  isRead: (name: string) => boolean = () => true,
): Promise<Map<string, Buffer>> {
  const options = { lazyEntries: true, strictFileNames: true }
  const zip = await (typeof archive === 'string'
    ? openPromise(archive, options)
    : fromBufferPromise(archive, options))
  const files = new Map<string, Buffer>()
  for await (const entry of zip.eachEntry()) {
    const isAsked = isRead(entry.fileName)
    const bytes = isAsked ? await buffer(await zip.openReadStreamPromise(entry)) : Buffer.alloc(0)
    if (isAsked && crc32(bytes) !== entry.crc32)
      throw new Error(`the checksum of ${entry.fileName} is wrong`)
    if (files.has(entry.fileName)) throw new Error(`${entry.fileName} is there twice`)
    files.set(entry.fileName, bytes)
  }
  return files
}
