import { appendFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CSVLogger } from '../src/store/csv-logger.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { CALCULATOR, temporary, text, watchedFileSystem } from './csv-logger-support.ts'

const VALUES = [5, 'add', 7, 12]
const isAtOnce = (name: string): boolean => name.endsWith('Now')

/** A logger that notes its calls, on a disk of which something else is said. */
async function noted(
  isLocal: FileSystem['isLocal'],
): Promise<{ calls: string[]; dir: string; logger: CSVLogger; flag: () => Promise<string[]> }> {
  const calls: string[] = []
  const disk = watchedFileSystem(({ name }) => void calls.push(name))
  const logger = new CSVLogger({}, { ...disk, isLocal })
  const dir = join(temporary(), 'flagged')
  await logger.setup(CALCULATOR, dir)
  const flag = async (): Promise<string[]> => {
    calls.length = 0
    await logger.flag(VALUES)
    return [...calls]
  }
  return { calls, dir, logger, flag }
}

describe('a look at a dataset', () => {
  it('needs no thread where the kernel has the answer, and two calls wait for the disk', async () => {
    const { flag, logger, dir } = await noted(async () => true)
    await flag()
    await delay(150)
    await flag()
    const calls = await flag()
    expect(calls.filter((name) => !isAtOnce(name))).toEqual(['write', 'datasync'])
    appendFileSync(join(dir, 'logs.csv'), '1,add,1,2\n')
    expect(await logger.flag(VALUES)).toBe(5)
    renameSync(join(dir, 'logs.csv'), join(dir, 'logs.csv.1'))
    expect(await logger.flag(VALUES)).toBe(1)
    await logger.close()
    expect(text(dir, 'logs.csv.1').split('\n')).toHaveLength(7)
  })

  it('is left to a thread where the last one is long ago', async () => {
    const { flag, logger } = await noted(async () => true)
    await flag()
    await delay(1100)
    expect((await flag()).filter((name) => /^l?stat/.test(name) && isAtOnce(name))).toEqual([])
    expect((await flag()).filter((name) => name === 'lstat')).toEqual([])
    await logger.close()
  })

  it.each<[string, FileSystem['isLocal']]>([
    ['is not of this machine', async () => false],
    ['does not say what it is', () => Promise.reject(new Error('EIO'))],
  ])('is left to a thread on a disk that %s', async (_, isLocal) => {
    const { flag, logger } = await noted(isLocal)
    for (let nth = 0; nth < 3; nth++) {
      const calls = await flag()
      expect(calls).toContain('lstat')
      expect(calls.filter(isAtOnce)).toEqual([])
    }
    await logger.close()
  })

  it('is not quick on a file system that is none of a disk', async () => {
    expect(await nodeFileSystem.isLocal('/proc')).toBe(false)
  })
})
