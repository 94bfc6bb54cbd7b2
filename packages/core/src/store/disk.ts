import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import type { FileSystem, OpenFile } from './file-system.ts'

const CHUNK = 256 * 1024
const MAX_RETRIES = 10

/** The code of a failed system call, such as `ENOSPC`, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** Waits for a call and gives `undefined` where it fails with one of these codes. */
export async function unless<T>(codes: string, result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    const code = errnoOf(error)
    if (code !== undefined && codes.split(' ').includes(code)) return undefined
    throw error
  }
}

/** Writes all bytes, however few the kernel takes at a time. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  let retries = 0
  while (done < bytes.length) {
    const before = done
    try {
      done += await file.write(bytes, done, bytes.length - done, position + done)
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'EINTR' && code !== 'EAGAIN') throw error
    }
    retries = done > before ? 0 : retries + 1
    if (retries > MAX_RETRIES) throw new Error('The disk takes no more bytes and names no reason')
  }
}

/** The bytes of a file from one offset up to another, in chunks of their own. */
export async function* readRange(
  file: OpenFile,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let position = from
  while (position < to) {
    const chunk = new Uint8Array(Math.min(CHUNK, to - position))
    const count = await file.read(chunk, 0, chunk.length, position)
    if (count === 0) return
    position += count
    yield count === chunk.length ? chunk : chunk.subarray(0, count)
  }
}

/** Makes a directory and what is missing above it, and brings the new names to the disk. */
export async function makeDirectories(fs: FileSystem, path: string, sync: boolean): Promise<void> {
  const missing: string[] = []
  let at = path
  while ((await unless('ENOENT', fs.stat(at))) === undefined) {
    missing.push(at)
    at = dirname(at)
  }
  for (const directory of missing.reverse()) {
    await unless('EEXIST', fs.mkdir(directory))
    // A directory that may be written to but not read cannot be synced either.
    if (sync) await unless('EACCES EPERM', fs.syncDirectory(dirname(directory)))
  }
}

/** Opens a file for reading and writing, and makes it where there is none. */
export async function openOrCreate(fs: FileSystem, path: string): Promise<OpenFile> {
  for (;;) {
    const found = await unless('ENOENT', fs.open(path, 'write'))
    if (found !== undefined) return found
    const made = await unless('EEXIST', fs.open(path, 'create'))
    if (made !== undefined) return made
  }
}

/** Twelve characters that no other writer has drawn. */
export function randomName(): string {
  return randomBytes(9).toString('base64url')
}

/** Writes a text behind what a file has, in one piece; makes the file where there is none. */
export async function appendText(fs: FileSystem, path: string, text: string): Promise<void> {
  const file = await openOrCreate(fs, path)
  try {
    await writeAll(file, Buffer.from(text), (await file.stat()).size)
  } finally {
    await file.close()
  }
}
