import { createHash, randomBytes } from 'node:crypto'
import type { FlaggedFile } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'
import { describe, expect, test } from 'vitest'
import type { FileStore } from '@flagging/postgres-logger'

/** A file that lies in memory. */
export function fileOf(bytes: Uint8Array, type = 'image/png', name?: string): FlaggedFile {
  return new SourceFile(name, type, memorySource(bytes))
}

/** All bytes of a stored file, or of a part of it. */
export async function readAll(
  store: FileStore,
  key: string,
  size: number,
  part?: readonly [offset: number, size: number],
): Promise<Buffer> {
  const whole = store.open(key, size)
  const source = part === undefined ? whole : whole.part?.(...part)
  const chunks: Uint8Array[] = []
  for await (const chunk of source?.chunks() ?? []) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

/** What every file store does, whatever it stands on. */
export function fileStoreSuite(name: string, partBytes: number, open: () => Promise<FileStore>) {
  describe(`${name}, as every file store`, () => {
    test.each([0, 1, partBytes - 1, partBytes, partBytes + 1, 3 * partBytes + 7])(
      'gives back what was stored, %i bytes',
      async (size) => {
        const store = await open()
        const bytes = randomBytes(size)
        const facts = await store.put('_/2026/01/02/abc/im.png', fileOf(bytes))
        expect(facts).toEqual({ size, sha256: createHash('sha256').update(bytes).digest('hex') })
        expect((await readAll(store, '_/2026/01/02/abc/im.png', size)).equals(bytes)).toBe(true)
        await store.close()
      },
    )
  })
}
