import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CSVLogger, type CSVLoggerOptions } from '../src/store/csv-logger.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { readSizes } from '../src/store/size-ledger.ts'
import {
  type Call,
  type Fault,
  PNG,
  components,
  fileOf,
  names,
  temporary,
  text,
  watchedFileSystem,
} from './csv-logger-support.ts'

const AB = components('a', 'b')
const HOUR_AGO = Date.now() / 1000 - 3601

/** One flag by a logger of its own, which has swept when it is closed; gives what it reported. */
async function flagOnce(dir: string, options: CSVLoggerOptions = {}): Promise<unknown[]> {
  const logger = new CSVLogger(options)
  const reports: unknown[] = []
  logger.onError = (error) => reports.push(error)
  await logger.setup(AB, dir)
  await logger.flag([9, 9])
  await logger.close()
  return reports
}

/** What a writer leaves that died when its files were linked: two names for each. */
function leaveLinked(dir: string, path: string, name = 'abandoned012'): void {
  const staged = join(dir, '.flagging', `${name}.tmp`)
  writeFileSync(staged, PNG)
  mkdirSync(join(dir, path, '..'), { recursive: true })
  linkSync(staged, join(dir, path))
  utimesSync(staged, HOUR_AGO, HOUR_AGO)
}

function uploads(dir: string): string[] {
  return names(dir, '.flagging').filter((name) => name.endsWith('.tmp'))
}

async function sizesIn(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for await (const [path, size] of readSizes(nodeFileSystem, join(dir, '.flagging'))) {
    sizes.set(path, size)
  }
  return sizes
}

describe('what writers left that died more than an hour ago', () => {
  it('is removed with its stored name where no row has that', async () => {
    for (const options of [{}, { exclusive: true }]) {
      const dir = temporary()
      await flagOnce(dir)
      leaveLinked(dir, 'b/4.png')
      leaveLinked(dir, 'gone/4-0.png', 'abandoned-02')
      writeFileSync(join(dir, 'b/5.png'), PNG)
      expect(await flagOnce(dir, options)).toEqual([])
      expect(uploads(dir)).toEqual([])
      // A file of whom nothing is known is not touched.
      expect(names(dir, 'b')).toEqual(['5.png'])
      expect(names(dir, 'gone')).toEqual([])
    }
  })

  it('keeps its stored name where a row has that, alone or in a list', async () => {
    const dir = temporary()
    await flagOnce(dir)
    leaveLinked(dir, 'b/4.png')
    leaveLinked(dir, 'b/5-1.png', 'abandoned-02')
    writeFileSync(join(dir, 'logs.csv'), 'a,b\n9,9\n1,b/4.png\n2,"[""b/5-0.png"",""b/5-1.png""]"\n')
    await flagOnce(dir)
    expect(uploads(dir)).toEqual([])
    expect(names(dir, 'b')).toEqual(['4.png', '5-1.png'])
  })

  it('keeps it as well where a log was put aside that may have the row', async () => {
    const dir = temporary()
    await flagOnce(dir)
    leaveLinked(dir, 'b/4.png')
    renameSync(join(dir, 'logs.csv'), join(dir, 'logs.csv.1.gz'))
    await flagOnce(dir)
    expect(names(dir, 'b')).toEqual(['4.png'])
  })

  it('waits for another time while somebody may be about to write the row', async () => {
    const dir = temporary()
    const logger = new CSVLogger({ exclusive: true })
    await logger.setup(AB, dir)
    await logger.flag([1, 2])
    await logger.close()
    await flagOnce(dir)
    leaveLinked(dir, 'b/4.png')
    const neighbour = await nodeFileSystem.open(join(dir, '.flagging/lock'), 'write')
    const sweeping = new CSVLogger()
    await sweeping.setup(AB, dir)
    let isTaken = false
    const watched: FileSystem = {
      ...nodeFileSystem,
      async readdir(path) {
        // The flag is stored, the sweep begins: from now on the neighbour has the lock.
        if (path.endsWith('.flagging')) isTaken ||= neighbour.tryLock()
        return nodeFileSystem.readdir(path)
      },
    }
    const other = new CSVLogger({}, watched)
    await other.setup(AB, dir)
    await other.flag([3, 4])
    await other.close()
    expect(isTaken).toBe(true)
    expect(names(dir, 'b')).toEqual(['4.png'])
    expect(uploads(dir)).toEqual(['abandoned012.tmp'])
    await neighbour.close()
    await sweeping.flag([5, 6])
    await sweeping.close()
    expect(names(dir, 'b')).toEqual([])
    expect(uploads(dir)).toEqual([])
  })

  it('is reported where it cannot be removed, and no flag fails for it', async () => {
    const dir = temporary()
    await flagOnce(dir)
    leaveLinked(dir, 'b/4.png')
    const disk = watchedFileSystem(({ name, path }) =>
      name === 'unlink' && path.endsWith('b/4.png') ? { code: 'EACCES' } : undefined,
    )
    const logger = new CSVLogger({}, disk)
    const reports: unknown[] = []
    logger.onError = (error) => reports.push(error)
    await logger.setup(AB, dir)
    expect(await logger.flag([1, 2])).toBe(2)
    await logger.close()
    expect(reports).toMatchObject([{ code: 'ERR_FLAGGING_STORE', cause: { code: 'EACCES' } }])
    expect(uploads(dir)).toEqual(['abandoned012.tmp'])
  })
})

describe('a fault that leaves it open whether a row is there', () => {
  it('leaves the files with both names, for the sweep to decide', async () => {
    const dir = temporary()
    const state: { fault?: (call: Call) => Fault } = {}
    const logger = new CSVLogger(
      {},
      watchedFileSystem((call) => state.fault?.(call)),
    )
    await logger.setup(AB, dir)
    await logger.flag([1, 2])
    state.fault = ({ name, path }) =>
      path.endsWith('logs.csv') && (name === 'datasync' || name === 'truncate')
        ? { code: 'EIO' }
        : undefined
    await expect(logger.flag([2, fileOf(PNG)])).rejects.toThrow('EIO')
    expect(uploads(dir)).toHaveLength(1)
    state.fault = ({ name, path }) =>
      (name === 'datasync' && path.endsWith('logs.csv')) || (name === 'unlink' && /b\//.test(path))
        ? { code: 'EIO' }
        : undefined
    await expect(logger.flag([3, fileOf(PNG)])).rejects.toThrow('EIO')
    delete state.fault
    await logger.close()
    expect(uploads(dir).length).toBeGreaterThan(0)
    for (const name of uploads(dir)) utimesSync(join(dir, '.flagging', name), HOUR_AGO, HOUR_AGO)
    await flagOnce(dir)
    expect(uploads(dir)).toEqual([])
    for (const name of names(dir, 'b')) expect(text(dir, 'logs.csv')).toContain(`b/${name}`)
    for (const [path] of text(dir, 'logs.csv').matchAll(/b\/\d+\.png/g)) {
      expect(readFileSync(join(dir, path))).toEqual(PNG)
    }
  })
})

describe('the sizes of stored files', () => {
  it('are noted, also those of values too large for their cells', async () => {
    const dir = temporary()
    const logger = new CSVLogger()
    await logger.setup(AB, dir)
    await logger.flag([1, fileOf(PNG)])
    await logger.flag(['x'.repeat(100_001), [fileOf('ab'), fileOf('')]])
    await logger.close()
    expect(Object.fromEntries(await sizesIn(dir))).toEqual({
      'b/0.png': PNG.length,
      'a/1.txt': 100_001,
      'b/1-0.png': 2,
      'b/1-1.png': 0,
    })
  })

  it('outlive a note that was cut off, and the last one counts', async () => {
    const dir = temporary()
    await flagOnce(dir)
    writeFileSync(join(dir, '.flagging/sizes'), '5,a/0.png\n\n7\0,a/1.png\nx,a/2.png\n12,b/7.p')
    const logger = new CSVLogger()
    await logger.setup(AB, dir)
    await logger.flag([fileOf(PNG), fileOf(PNG)])
    await logger.close()
    expect(Object.fromEntries(await sizesIn(dir))).toEqual({
      'a/0.png': 5,
      'b/7.p': 12,
      'a/1.png': PNG.length,
      'b/1.png': PNG.length,
    })
    rmSync(join(dir, '.flagging/sizes'))
    expect(await sizesIn(dir)).toEqual(new Map())
    expect(existsSync(join(dir, '.flagging/sizes'))).toBe(false)
  })
})
