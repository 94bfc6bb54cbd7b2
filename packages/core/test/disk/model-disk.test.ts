import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errnoOf, readRange, writeAll } from '../../src/store/disk.ts'
import type { FileSystem, OpenFile } from '../../src/store/file-system.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'
import { crashStates, seeded } from './crash-states.ts'
import { ModelDisk } from './model-disk.ts'

const EVERYTHING = { everyByte: 100, tears: 0, pages: 4, mixes: 8 }

/** What a disk answers to calls of every kind, also to those that must fail. */
async function answers(disk: FileSystem, dir: string): Promise<unknown[]> {
  const log: unknown[] = []
  const ask = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      const value = await call
      log.push(typeof value === 'object' ? 'object' : value)
      return value
    } catch (error) {
      log.push(errnoOf(error))
      return undefined
    }
  }
  const text = async (file: OpenFile): Promise<string> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of readRange(file, 0, 1000)) chunks.push(chunk)
    return Buffer.concat(chunks).toString('latin1')
  }
  await ask(disk.open(`${dir}/none`, 'read'))
  await ask(disk.open(`${dir}/none/none`, 'create'))
  await ask(disk.mkdir(`${dir}/d`))
  await ask(disk.mkdir(`${dir}/d`))
  const file = (await ask(disk.open(`${dir}/d/a`, 'create')))!
  await ask(disk.open(`${dir}/d/a`, 'create'))
  await ask(disk.open(`${dir}/d/a/b`, 'read'))
  await ask(disk.open(`${dir}/d`, 'write'))
  await ask(writeAll(file, Buffer.from('hello'), 3))
  await ask(file.truncate(6))
  await ask(file.truncate(9))
  log.push(await text(file), (await file.stat()).size, (await file.stat()).kind)
  await ask(disk.link(`${dir}/d/a`, `${dir}/d/b`))
  await ask(disk.link(`${dir}/d/a`, `${dir}/d/b`))
  log.push((await disk.lstat(`${dir}/d/b`)).nlink, disk.lstatNow(`${dir}/d/b`)?.nlink)
  log.push(disk.lstatNow(`${dir}/d/none`), disk.statNow(`${dir}/d/a/none`), file.statNow().size)
  log.push(disk.statNow(`${dir}/d`)?.kind, file.readNow(Buffer.alloc(3), 0, 3, 8))
  await ask(disk.rmdir(`${dir}/d`))
  const other = (await ask(disk.open(`${dir}/d/c`, 'create')))!
  await ask(disk.rename(`${dir}/d/c`, `${dir}/d/b`))
  log.push((await disk.readdir(`${dir}/d`)).map(({ name, kind }) => `${name} ${kind}`).toSorted())
  log.push((await file.stat()).nlink, (await disk.stat(`${dir}/d/b`)).size)
  await ask(disk.unlink(`${dir}/d/a`))
  await ask(disk.unlink(`${dir}/d/a`))
  log.push(await text(file), (await file.stat()).nlink)
  const again = (await ask(disk.open(`${dir}/d/b`, 'write')))!
  log.push(again.tryLock(), other.tryLock(), again.tryLock())
  await again.close()
  log.push(other.tryLock())
  other.unlock()
  const third = (await ask(disk.open(`${dir}/d/b`, 'write')))!
  if (process.platform !== 'darwin') {
    log.push(third.tryLock(1), other.tryLock(1), other.tryLock(0), other.tryLock())
    log.push(third.tryLock(0))
    third.unlock(1)
    log.push(other.tryLock(1), third.tryLock())
  }
  await third.close()
  for (const open of [file, other, again]) await ask(open.close())
  await ask(disk.readdir(`${dir}/d/b`))
  await ask(disk.syncDirectory(`${dir}/d`))
  await ask(disk.syncDirectory(`${dir}/e`))
  await ask(disk.unlink(`${dir}/d/b`))
  await ask(disk.rmdir(`${dir}/d`))
  return log
}

/** All that a cut may leave of the file `/a`, at any moment. */
function leftOf({ mutations }: ModelDisk): Set<string | undefined> {
  const left = new Set<string | undefined>()
  for (const { image } of crashStates(new ModelDisk().image, mutations, EVERYTHING, seeded(1))) {
    const ino = image.directory(1).names.get('a')
    left.add(ino === undefined ? undefined : image.file(ino).bytes.toString('latin1'))
  }
  return left
}

describe('the model of a disk', () => {
  it('answers as a real one does', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flagging-model-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    expect(await answers(new ModelDisk(), '')).toEqual(await answers(nodeFileSystem, dir))
  })

  it('may lose, tear or fill with zeros what is not synced, and a name by itself', async () => {
    const disk = new ModelDisk()
    const file = await disk.open('/a', 'create')
    await writeAll(file, Buffer.from('abc'), 0)
    expect(leftOf(disk)).toEqual(
      new Set(['', 'a', 'ab', 'abc', '\0\0\0', 'a\0\0', 'ab\0', undefined]),
    )
    await file.sync()
    await disk.syncDirectory('/')
    const rest = new ModelDisk(disk.image)
    expect(leftOf(rest).size).toBe(1)
  })

  it('keeps what is synced, once its name is', async () => {
    const disk = new ModelDisk()
    const file = await disk.open('/a', 'create')
    await writeAll(file, Buffer.from('abc'), 0)
    await file.datasync()
    const last = async (): Promise<Set<string | undefined>> => {
      const left = new Set<string | undefined>()
      const empty = new ModelDisk().image
      for (const state of crashStates(empty, disk.mutations, EVERYTHING, seeded(1))) {
        if (state.at < disk.mutations.length) continue
        const ino = state.image.directory(1).names.get('a')
        left.add(ino === undefined ? undefined : state.image.file(ino).bytes.toString())
      }
      return left
    }
    expect(await last()).toEqual(new Set([undefined, 'abc']))
    await disk.syncDirectory('/')
    expect(await last()).toEqual(new Set(['abc']))
    await disk.rename('/a', '/b')
    expect(await last()).toEqual(new Set(['abc', undefined]))
  })

  it('shows what a failed sync lost, and no later sync brings it', async () => {
    const disk = new ModelDisk()
    const file = await disk.open('/a', 'create')
    await disk.syncDirectory('/')
    await writeAll(file, Buffer.from('abc'), 0)
    disk.fault = ({ name }) => (name === 'sync' ? { code: 'EIO', kept: 0.5 } : undefined)
    await expect(file.sync()).rejects.toThrow('EIO')
    disk.fault = undefined
    await expect(writeAll(file, Buffer.from('de'), 3)).rejects.toThrow('whose sync failed')
    const again = await disk.open('/a', 'write')
    await writeAll(again, Buffer.from('de'), 3)
    await again.sync()
    const buffer = Buffer.alloc(10)
    expect(buffer.toString('latin1', 0, await again.read(buffer, 0, 10, 0))).toBe('abcde')
    expect(disk.image.file(2).durable.toString('latin1')).toBe('a\0\0de')
  })
})
