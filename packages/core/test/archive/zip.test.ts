import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type ZipEntry, zip } from '../../src/archive/zip.ts'
import { directoryEnd, directoryEntry, localHeader } from '../../src/archive/zip-records.ts'
import { memorySource } from '../../src/store/byte-source.ts'
import { unzip } from './unzip.ts'

function entryOf(name: string, bytes: Buffer): ZipEntry {
  return { name, size: bytes.length, crc: crc32(bytes), bytes: memorySource(bytes) }
}

async function* each(entries: Iterable<ZipEntry>): AsyncGenerator<ZipEntry> {
  yield* entries
}

async function archiveOf(entries: Iterable<ZipEntry>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of zip(each(entries))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a ZIP archive', () => {
  test('has its files as they were, under their names, the same each time', async () => {
    const entries = [
      entryOf('images/0.png', Buffer.from('one')),
      entryOf('größe ✓.txt', Buffer.alloc(0)),
      entryOf('large.bin', Buffer.alloc(3_000_000, 'large')),
    ]
    const archive = await archiveOf(entries)
    const files = await unzip(archive)
    expect([...files.keys()]).toEqual(['images/0.png', 'größe ✓.txt', 'large.bin'])
    expect(files.get('images/0.png')?.toString()).toBe('one')
    expect(files.get('large.bin')?.equals(Buffer.alloc(3_000_000, 'large'))).toBe(true)
    expect(archive.equals(await archiveOf(entries))).toBe(true)
  })

  test('may be empty', async () => {
    expect([...(await unzip(await archiveOf([])))]).toEqual([])
  })

  test('takes more files than its first format could count', async () => {
    const content = Buffer.from('x')
    const entries = Array.from({ length: 70_000 }, (_, n) => entryOf(`files/${n}.txt`, content))
    const isRead = (name: string) => name.endsWith('999.txt')
    const files = await unzip(await archiveOf(entries), isRead)
    expect(files.size).toBe(70_000)
    expect(files.get('files/69999.txt')?.toString()).toBe('x')
  })

  test('says of what is beyond 4 GiB where it lies, and how long it is', () => {
    const size = 5 * 2 ** 30
    const facts = { name: 'a', size, crc: 1 }
    const header = localHeader(facts)
    expect(header.readUInt32LE(18)).toBe(0xffffffff)
    expect(header.readBigUInt64LE(30 + 1 + 4)).toBe(BigInt(size))
    const entry = directoryEntry({ ...facts, size: 3 }, size)
    expect([entry.readUInt32LE(24), entry.readUInt32LE(42)]).toEqual([3, 0xffffffff])
    expect(entry.readBigUInt64LE(46 + 1 + 4)).toBe(BigInt(size))
    const end = directoryEnd(1, 100, size)
    expect([end.length, end.readBigUInt64LE(48)]).toEqual([98, BigInt(size)])
    expect(directoryEnd(1, 100, 100)).toHaveLength(22)
  })

  test.for([
    ['shorter', 'on'],
    ['longer', 'ones'],
    ['another', 'two'],
  ])('breaks off where a file is %s than was said', async ([, is = '']) => {
    const said = entryOf('a', Buffer.from('one'))
    const entries = [{ ...said, bytes: memorySource(Buffer.from(is)) }]
    await expect(archiveOf(entries)).rejects.toThrow(/has changed/)
  })
})
