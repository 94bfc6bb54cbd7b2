import { randomBytes } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlaggingError } from '@flagging/core'
import { DirectoryFiles } from '@flagging/postgres-logger'
import { expect, onTestFinished, test } from 'vitest'
import { fileOf, fileStoreSuite, readAll, rejection } from './file-store-suite.ts'

async function temporary(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-postgres-files-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

fileStoreSuite('a directory', 256 * 1024, async () => new DirectoryFiles(await temporary()))

/** All names below a directory, with `/` behind folders. */
async function tree(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true })
  return found
    .map((entry) => `${join(entry.parentPath, entry.name)}${entry.isDirectory() ? '/' : ''}`)
    .map((path) => path.slice(dir.length + 1))
    .toSorted()
}

test('makes the directory with the first file, for its owner alone', async () => {
  const dir = join(await temporary(), 'files/of/mine')
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  await new DirectoryFiles(dir).put('a/b/im.png', fileOf(randomBytes(3)))
  const paths = ['', '.uploads', 'a', 'a/b', 'a/b/im.png']
  const modes = await Promise.all(paths.map(async (path) => (await stat(join(dir, path))).mode))
  expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual([
    '700',
    '700',
    '700',
    '700',
    '600',
  ])
})

test('leaves nothing behind of files that could not be stored or were deleted', async () => {
  const dir = await temporary()
  const files = new DirectoryFiles(dir)
  await rejection(files.put('a/b/im.png', { ...fileOf(randomBytes(3)), size: 4, stream: one }))
  await files.put('a/b/one.png', fileOf(randomBytes(3)))
  await files.put('a/c/two.png', fileOf(randomBytes(3)))
  await files.remove(['a/b/one.png'])
  expect(await tree(dir)).toEqual(['.uploads/', 'a/', 'a/c/', 'a/c/two.png'])
  await files.remove(['a/c/two.png'])
  expect(await tree(dir)).toEqual(['.uploads/'])

  function one(): ReadableStream<Uint8Array> {
    return new Blob([new Uint8Array(3)]).stream()
  }
})

test.each(['a', 'a/b', '.uploads'])('follows no link in place of the folder %s', async (linked) => {
  const outside = await temporary()
  await mkdir(join(outside, 'b'))
  await writeFile(join(outside, 'b/secret.png'), 'secret')
  await writeFile(join(outside, 'secret.png'), 'secret')
  const dir = await temporary()
  if (linked === 'a/b') await mkdir(join(dir, 'a'))
  await symlink(outside, join(dir, linked))
  const files = new DirectoryFiles(dir)
  const put = await rejection(files.put('a/b/c/im.png', fileOf(randomBytes(3))))
  expect(put).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'place' })
  expect(put.message).toContain('links are not followed')
  if (linked !== '.uploads') {
    await rejection(readAll(files, 'a/b/secret.png', 6))
    await rejection(files.remove(['a/b/secret.png']))
  }
  expect(await tree(outside)).toEqual(['b/', 'b/secret.png', 'secret.png'])
})

test('reads no link, and replaces it rather than what it leads to', async () => {
  const dir = await temporary()
  const outside = join(await temporary(), 'secret')
  await writeFile(outside, 'secret')
  await mkdir(join(dir, 'a'))
  await symlink(outside, join(dir, 'a/im.png'))
  const files = new DirectoryFiles(dir)
  expect((await rejection(readAll(files, 'a/im.png', 6))).message).toContain('no regular file')
  await files.put('a/im.png', fileOf(Buffer.from('public')))
  expect(await readFile(outside, 'utf8')).toBe('secret')
  expect((await readAll(files, 'a/im.png', 6)).toString()).toBe('public')
})

test('says what to do where files cannot be stored', async () => {
  const dir = join(await temporary(), 'file')
  await writeFile(dir, '')
  const told = await rejection(new DirectoryFiles(join(dir, 'below')).check())
  expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'place', isTransient: false })
  expect(told.message).toContain('ENOTDIR: something in its path is no directory')
  const put = await rejection(new DirectoryFiles(dir).put('a.png', fileOf(randomBytes(3))))
  expect(put).toMatchObject({ at: 'place' })
})

test('deletes what writers left that died, once nobody can be writing to it any more', async () => {
  const dir = await temporary()
  const files = new DirectoryFiles(dir)
  await files.put('a/im.png', fileOf(randomBytes(3)))
  const [dead, alive] = [join(dir, '.uploads/dead.tmp'), join(dir, '.uploads/alive.tmp')]
  await writeFile(dead, 'half')
  await writeFile(alive, 'half')
  const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000)
  await utimes(dead, twoDaysAgo, twoDaysAgo)
  await files.check()
  expect(await tree(dir)).toEqual(['.uploads/', '.uploads/alive.tmp', 'a/', 'a/im.png'])
})

test('keeps the rights of a directory that was there before', async () => {
  const dir = await temporary()
  await chmod(dir, 0o750)
  await new DirectoryFiles(dir).put('im.png', fileOf(randomBytes(3)))
  expect((await stat(dir)).mode & 0o777).toBe(0o750)
})

test.each([undefined, '', 3, {}])('refuses %j as a directory', (dir) => {
  expect(() => new DirectoryFiles(dir as string)).toThrow(FlaggingError)
})
