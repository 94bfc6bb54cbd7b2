import { Readable } from 'node:stream'
import { writeFile } from 'node:fs/promises'
import type { FlaggedFile } from '@flagging/core'

/** A picture of one pixel. */
export const PNG: Buffer = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** A file of a sample, as a host that flags by itself makes one. */
export function fileOf(name: string, type: string, content: Uint8Array): FlaggedFile {
  return {
    name,
    type,
    size: content.length,
    stream: () => Readable.toWeb(Readable.from([content])) as ReadableStream<Uint8Array>,
    bytes: () => Promise.resolve(content),
    saveTo: (path) => writeFile(path, content),
  }
}
