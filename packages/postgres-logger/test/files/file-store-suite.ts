import { createHash, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type FlaggedFile, FlaggingError } from '@flagging/core'
import { SourceFile, memorySource } from '@flagging/core/store'
import { type FileStore, fileFaultOf } from '@flagging/postgres-logger'
import { describe, expect, test } from 'vitest'

/** A file that lies in memory. */
export function fileOf(bytes: Uint8Array, type = 'image/png'): FlaggedFile {
  return new SourceFile(undefined, type, memorySource(bytes))
}

/** A file that says its size and gives the chunks of something else. */
export function fileFrom(
  size: number,
  chunks: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): FlaggedFile {
  return new SourceFile(undefined, 'image/png', { size, chunks })
}

/** The SHA-256 of some bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
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

/** What a rejection says, and whose fault it is. */
export async function rejection(result: Promise<unknown>) {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof FlaggingError)) throw new Error('No FlaggingError', { cause: error })
  return { code: error.code, message: error.message, error, ...fileFaultOf(error) }
}

const MiB = 1024 * 1024
const KEY = '_/2026/01/02/AAAAAAAAAAAAAAAAAAAAAA/im.png'
const NO_KEYS = [
  '',
  '/',
  '/etc/passwd',
  '../outside.png',
  'a/../../outside.png',
  'a/..',
  'a//b.png',
  'a/./b.png',
  '.uploads/x.tmp',
  'a/.hidden',
  'a/',
  'a\0b.png',
  'a\\..\\b.png',
  'C:a.png',
  'a b.png',
  'a\nb.png',
  'ü.png',
  'a/💥.png',
  'a?b=c.png',
  'a%2e%2e.png',
  'a'.repeat(1000),
  'a/'.repeat(500) + 'a',
]

/**
 * What every file store does, whatever it stands on.
 * @param partBytes from where on it may send or write a file in another way
 * @param open makes an empty one, for the running test
 */
export function fileStoreSuite(
  name: string,
  partBytes: number,
  open: () => Promise<FileStore>,
): void {
  describe(`${name}, as every file store`, () => {
    test.each([0, 1, partBytes - 1, partBytes, partBytes + 1, 3 * partBytes + 7])(
      'gives back what was stored, %i bytes',
      async (size) => {
        const store = await open()
        const bytes = randomBytes(size)
        expect(await store.put(KEY, fileOf(bytes))).toEqual({ size, sha256: sha256(bytes) })
        expect((await readAll(store, KEY, size)).equals(bytes)).toBe(true)
      },
    )

    test('stores and reads 50 MiB without holding them in memory', async () => {
      const store = await open()
      const watch = new MemoryWatch()
      const size = 50 * MiB
      const chunk = randomBytes(64 * 1024)
      const hash = createHash('sha256')
      const file = fileFrom(size, function* () {
        for (let given = 0; given < size; given += chunk.length) {
          watch.look(given)
          yield chunk
        }
      })
      for (let given = 0; given < size; given += chunk.length) hash.update(chunk)
      const facts = await store.put(KEY, file)
      expect(facts.sha256).toBe(hash.digest('hex'))
      const read = createHash('sha256')
      let seen = 0
      for await (const part of store.open(KEY, size).chunks()) {
        read.update(part)
        watch.look((seen += part.length))
      }
      expect(read.digest('hex')).toBe(facts.sha256)
      expect(watch.most).toBeLessThan(30 * MiB)
    })

    test('reads parts as players ask for them', async () => {
      const store = await open()
      const bytes = randomBytes(300_000)
      await store.put(KEY, fileOf(bytes))
      const parts: [number, number][] = [
        [0, 1],
        [0, 2],
        [0, 300_000],
        [1, 299_999],
        [299_999, 1],
        [150_000, 70_000],
        [300_000, 0],
        [0, 0],
      ]
      for (const [offset, size] of parts) {
        const part = await readAll(store, KEY, bytes.length, [offset, size])
        expect(part.equals(bytes.subarray(offset, offset + size)), `${offset}+${size}`).toBe(true)
      }
      const nested = store.open(KEY, bytes.length).part?.(1000, 5000).part?.(100, 50)
      const chunks: Uint8Array[] = []
      for await (const chunk of nested?.chunks() ?? []) chunks.push(Uint8Array.from(chunk))
      expect(Buffer.concat(chunks).equals(bytes.subarray(1100, 1150))).toBe(true)
    })

    test('is read as often as one likes, also at once, and left where one likes', async () => {
      const store = await open()
      const bytes = randomBytes(2 * MiB)
      await store.put(KEY, fileOf(bytes))
      const source = store.open(KEY, bytes.length)
      for await (const chunk of source.chunks()) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
      const all = await Promise.all(
        Array.from({ length: 8 }, () => readAll(store, KEY, bytes.length)),
      )
      expect(all.every((each) => each.equals(bytes))).toBe(true)
    })

    test('holds one of the files that were stored under a key at once, and never a mixture', async () => {
      const store = await open()
      const size = partBytes + 1000
      const files = Array.from({ length: 6 }, () => randomBytes(size))
      await store.put(KEY, fileOf(files[0] as Buffer))
      const sums = new Set(files.map(sha256))
      const puts = Promise.all(files.map((bytes) => store.put(KEY, fileOf(bytes))))
      for (let reads = 0; reads < 5; reads++) {
        expect(sums).toContain(sha256(await readAll(store, KEY, size)))
      }
      expect((await puts).map((facts) => facts.sha256)).toEqual(files.map(sha256))
      expect(sums).toContain(sha256(await readAll(store, KEY, size)))
    })

    test('deletes files, and minds none that are gone', async () => {
      const store = await open()
      const bytes = randomBytes(10)
      const keys = Array.from({ length: 30 }, (_, n) => `a/2026/01/02/s${n % 7}/${n}.png`)
      await Promise.all(keys.map((key) => store.put(key, fileOf(bytes))))
      await store.remove([...keys.slice(1), 'never/there.png', 'a/2026/01/02/s3/never.png'])
      await store.remove(keys.slice(1))
      await store.remove([])
      expect((await readAll(store, keys[0] as string, 10)).equals(bytes)).toBe(true)
      const read = await rejection(readAll(store, keys[1] as string, 10))
      expect(read).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'file', isTransient: false })
      expect(read.message).toContain(`${keys[1]} is gone`)
    })

    test('stores in a folder that is deleted from at the same time', async () => {
      const store = await open()
      const key = (n: number): string => `a/2026/01/02/same/${n}.png`
      for (let round = 0; round < 8; round++) {
        await store.put(key(0), fileOf(randomBytes(3)))
        await Promise.all([store.remove([key(0)]), store.put(key(1), fileOf(randomBytes(5)))])
        expect(await readAll(store, key(1), 5)).toHaveLength(5)
        await store.remove([key(1)])
      }
    })

    test('says so where a file is not the one that was stored', async () => {
      const store = await open()
      await store.put(KEY, fileOf(randomBytes(1000)))
      for (const [size, part] of [
        [999, undefined],
        [1001, undefined],
        [1001, [0, 10]],
        [5000, [4000, 10]],
        [0, undefined],
      ] as const) {
        const told = await rejection(readAll(store, KEY, size, part))
        expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'file' })
        expect(told.message).toContain(KEY)
      }
    })

    test('tells an empty file from one that is gone', async () => {
      const store = await open()
      expect((await rejection(readAll(store, KEY, 0))).message).toContain(`${KEY} is gone`)
    })

    test.each(NO_KEYS)('refuses %j as a key', async (key) => {
      const store = await open()
      const put = await rejection(store.put(key, fileOf(randomBytes(1))))
      expect(put).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'file' })
      await expect(rejection(store.remove([KEY, key]))).resolves.toMatchObject({ at: 'file' })
      expect(() => store.open(key, 1)).toThrow(FlaggingError)
    })

    test('takes keys that mean something to JavaScript alone', async () => {
      const store = await open()
      const keys = ['__proto__/constructor/toString.bin', '__proto__.png', 'hasOwnProperty', '-1/_']
      for (const key of keys) await store.put(key, fileOf(Buffer.from(key)))
      for (const key of keys) {
        expect((await readAll(store, key, key.length)).toString()).toBe(key)
      }
    })

    test.each([
      ['has fewer bytes than it says', [100, partBytes + 100]],
      ['has more bytes than it says', [300, partBytes + 300]],
    ])('refuses a file that %s, and leaves nothing of it', async (_, sizes) => {
      const store = await open()
      for (const size of sizes) {
        const said = size < partBytes ? 200 : partBytes + 200
        const told = await rejection(
          store.put(
            KEY,
            fileFrom(said, () => [Buffer.alloc(size)]),
          ),
        )
        expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'file', isTransient: false })
        expect(told.message).toContain('not as long as it says')
        await expect(rejection(readAll(store, KEY, said))).resolves.toMatchObject({ at: 'file' })
      }
    })

    test.each([200, partBytes + 200])(
      'says why a file of %i bytes could not be read, and leaves nothing of it',
      async (size) => {
        const store = await open()
        const broken = Object.assign(new Error('no such file'), { code: 'ENOENT' })
        const file = fileFrom(size, function* () {
          yield Buffer.alloc(100)
          throw broken
        })
        const told = await rejection(store.put(KEY, file))
        expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'file', isTransient: false })
        expect(told.message).toContain('cannot be read (ENOENT)')
        expect(told.error.cause).toBe(broken)
        expect((await rejection(readAll(store, KEY, size))).message).toContain('is gone')
      },
    )

    test('does not blame a file for what the process is short of', async () => {
      const store = await open()
      const file = fileFrom(10, function* () {
        yield Buffer.alloc(5)
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
      })
      const told = await rejection(store.put(KEY, file))
      expect(told).toMatchObject({ at: 'place', isTransient: true })
    })

    test('checks whether files can be stored, and leaves nothing behind', async () => {
      const store = await open()
      await store.check()
      await expect(store.check()).resolves.toBeUndefined()
    })
  })
}

/** Watches how much memory outside of the heap is in use, garbage apart. */
class MemoryWatch {
  readonly #collect: () => void
  readonly #before: number
  #looked = 0
  #most = 0

  constructor() {
    setFlagsFromString('--expose-gc')
    this.#collect = runInNewContext('gc') as () => void
    this.#before = this.#used()
  }

  /** The most that was in use beyond what was at first. */
  get most(): number {
    return this.#most
  }

  /** @param progress bytes; it looks every 4 MiB of them */
  look(progress: number): void {
    if (Math.abs(progress - this.#looked) < 4 * MiB) return
    this.#looked = progress
    this.#most = Math.max(this.#most, this.#used() - this.#before)
  }

  #used(): number {
    this.#collect()
    return process.memoryUsage().arrayBuffers
  }
}
