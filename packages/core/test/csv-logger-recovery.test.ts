import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FlaggingError } from '../src/errors.ts'
import { CSVLogger, type CSVLoggerOptions } from '../src/store/csv-logger.ts'
import type { FileSystem } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import {
  type Call,
  type Fault,
  PNG,
  components,
  details,
  fileOf,
  names,
  records,
  temporary,
  text,
  typed,
  watchedFileSystem,
} from './csv-logger-support.ts'

const AB = components('a', 'b')

/** A logger and what it reports. */
async function open(
  dir: string,
  options: CSVLoggerOptions = {},
  disk: FileSystem = nodeFileSystem,
): Promise<{ logger: CSVLogger; reports: string[] }> {
  const logger = new CSVLogger(options, disk)
  const reports: string[] = []
  logger.onError = (error) => reports.push((error as FlaggingError).code)
  await logger.setup(AB, dir)
  return { logger, reports }
}

function torn(dir: string): string[] {
  return names(dir, '.flagging').filter((name) => name.startsWith('torn-'))
}

describe('an unfinished row', () => {
  const whole = 'a,b\n1,2\n'
  const last = '"say ""hi"",\n-1.5 \u{1f600}","{""k"":[-0]}"\n'

  it('is set aside, wherever it was cut, and never joins the next row', async () => {
    const bytes = Buffer.from(whole + last)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const dir = temporary()
      writeFileSync(join(dir, 'logs.csv'), bytes.subarray(0, cut))
      const { logger, reports } = await open(dir)
      const kept = [4, 8, bytes.length].filter((end) => end <= cut).at(-1) ?? 0
      const rows = kept === 0 ? 0 : kept === 4 ? 0 : kept === 8 ? 1 : 2
      expect(await logger.flag([7, 8])).toBe(rows + 1)
      await logger.close()
      const before = kept === 0 ? 'a,b\n' : bytes.subarray(0, kept).toString()
      expect(text(dir, 'logs.csv')).toBe(`${before}7,8\n`)
      expect(reports).toEqual(cut === kept ? [] : ['ERR_FLAGGING_TORN_ROW'])
      const aside = torn(dir).map((name) => readFileSync(join(dir, '.flagging', name)))
      expect(aside).toEqual(cut === kept ? [] : [bytes.subarray(kept, cut)])
    }
  })

  it('ends the rows at a hole of whole sectors, which a crash has left, and at no other', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => `${n},text\n`).join('')
    for (const [from, to, kept] of [
      [512, 1024, 64],
      [700, 703, 200],
    ] as const) {
      const dir = temporary()
      const bytes = Buffer.from(`a,b\n${rows}`).fill(0, from, to)
      writeFileSync(join(dir, 'logs.csv'), bytes)
      const { logger, reports } = await open(dir)
      expect(await logger.flag([8, 9])).toBe(kept + 1)
      await logger.close()
      const end = kept === 200 ? bytes.length : bytes.lastIndexOf('\n', from) + 1
      expect(text(dir, 'logs.csv')).toBe(`${bytes.subarray(0, end).toString()}8,9\n`)
      expect(torn(dir)).toHaveLength(kept === 200 ? 0 : 1)
      expect(reports).toEqual(kept === 200 ? [] : ['ERR_FLAGGING_TORN_ROW'])
      for (const name of torn(dir)) {
        expect(readFileSync(join(dir, '.flagging', name))).toEqual(bytes.subarray(end))
      }
    }
  })

  it('is found in the middle of work, and as zeros or garbage', async () => {
    const dir = temporary()
    const { logger, reports } = await open(dir)
    await logger.flag([1, 2])
    for (const [index, tail] of [`"3,4\n5,6\n`, '\0'.repeat(5000), '7,"\n'].entries()) {
      appendFileSync(join(dir, 'logs.csv'), tail)
      expect(await logger.flag([index, 0])).toBe(index + 2)
    }
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe('a,b\n1,2\n0,0\n1,0\n2,0\n')
    expect(reports).toEqual(Array(3).fill('ERR_FLAGGING_TORN_ROW'))
    expect(torn(dir)).toHaveLength(3)
  })

  it('of a dead writer does not take rows with it that it had finished', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'logs.csv'), `${whole}3,4\n5,6\n7,"`)
    const { logger } = await open(dir)
    expect(await logger.flag([8, 9])).toBe(4)
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe(`${whole}3,4\n5,6\n8,9\n`)
  })
})

describe('a log that others change', () => {
  it('counts what they append and reads no more than that', async () => {
    const dir = temporary()
    let reads = 0
    const disk = watchedFileSystem(({ name }) => void (/^read(Now)?$/.test(name) && reads++))
    const { logger } = await open(dir, {}, disk)
    for (let i = 1; i <= 3; i++) expect(await logger.flag([i, i])).toBe(i)
    // One byte each, in front of rows that were just written: was the log cut meanwhile?
    expect(reads).toBe(2)
    appendFileSync(join(dir, 'logs.csv'), '4,4\n"5\n",5\n')
    expect(await logger.flag([6, 6])).toBe(6)
    expect(reads).toBe(4)
    await logger.close()
  })

  it('begins again when it was truncated, renamed, deleted or replaced', async () => {
    const dir = temporary()
    const log = join(dir, 'logs.csv')
    const { logger, reports } = await open(dir)
    const changes = [
      () => truncateSync(log, 0),
      () => truncateSync(log, 4),
      () => renameSync(log, `${log}.1`),
      () => rmSync(log),
      () => {
        rmSync(log)
        writeFileSync(log, 'a,b\n')
      },
    ]
    for (const change of changes) {
      await logger.flag([1, 2])
      await logger.flag([3, 4])
      change()
      expect(await logger.flag([5, 6])).toBe(1)
      expect(text(log)).toBe('a,b\n5,6\n')
      rmSync(log)
    }
    await logger.close()
    expect(reports).toEqual([])
  })

  it('is read without the lock when it is long', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'logs.csv'), `a,b\n${'1,"2\n"\n'.repeat(1_500_000)}3,"`)
    const held: boolean[] = []
    const disk = watchedFileSystem(({ name }) => void (name === 'read' && held.push(isLocked)))
    let isLocked = false
    const watched: FileSystem = {
      ...disk,
      async open(path, mode) {
        const file = await disk.open(path, mode)
        if (!path.endsWith('/lock')) return file
        const tryLock = () => (isLocked = file.tryLock())
        const unlock = () => {
          isLocked = false
          file.unlock()
        }
        return { ...file, tryLock, unlock }
      },
    }
    const { logger, reports } = await open(dir, {}, watched)
    expect(await logger.flag([5, 6])).toBe(1_500_001)
    await logger.close()
    expect(reports).toEqual(['ERR_FLAGGING_TORN_ROW'])
    expect(readFileSync(join(dir, 'logs.csv')).subarray(-6).toString()).toBe('"\n5,6\n')
    expect(held.length).toBeGreaterThan(30)
    expect(held.slice(0, -3)).not.toContain(true)
  })

  it('is not written to once its name belongs to another file', async () => {
    const dir = temporary()
    const log = join(dir, 'logs.csv')
    const { logger } = await open(dir)
    await logger.flag([1, 2])
    renameSync(log, `${log}.1`)
    writeFileSync(log, 'a,b\n3,4\n')
    expect(await logger.flag([5, 6])).toBe(2)
    await logger.close()
    expect(text(log)).toBe('a,b\n3,4\n5,6\n')
    expect(text(`${log}.1`)).toBe('a,b\n1,2\n')
  })

  it('reads an edited file anew, and leaves one with another header alone', async () => {
    const dir = temporary()
    const log = join(dir, 'logs.csv')
    const { logger, reports } = await open(dir)
    await logger.flag(['long "quoted" text', 2])
    // In place, and longer: the old end now lies within quotes.
    writeFileSync(log, `a,b\n"${'x\n'.repeat(20)}",2\n3,4\n`)
    expect(await logger.flag([5, 6])).toBe(3)
    writeFileSync(
      log,
      'other,header,here\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n',
    )
    expect(await logger.flag([7, 8])).toBe(10)
    await logger.close()
    expect(reports).toEqual([])
    expect(records(log)).toHaveLength(10)
    expect(text(dir, 'logs2.csv')).toBe('a,b\n7,8\n')
  })

  it('is made anew with its folder, or with our working files', async () => {
    const dir = join(temporary(), 'flagged')
    const { logger } = await open(dir)
    await logger.flag([1, fileOf(PNG)])
    rmSync(dir, { recursive: true })
    expect(await logger.flag([2, fileOf(PNG)])).toBe(1)
    expect(text(dir, 'logs.csv')).toBe('a,b\n2,b/0.png\n')
    rmSync(join(dir, '.flagging'), { recursive: true })
    expect(await logger.flag([3, 3])).toBe(2)
    expect(text(dir, 'logs.csv')).toBe('a,b\n2,b/0.png\n3,3\n')
    expect(names(dir, '.flagging')).toEqual(['lock', 'turn'])
    await logger.close()
  })

  it('has company that is noticed', async () => {
    const dir = temporary()
    const { logger } = await open(dir)
    await logger.flag([1, 2])
    writeFileSync(join(dir, 'logs7.csv'), 'x\n1\n2\n3\n')
    expect(await logger.flag([1, 2])).toBe(5)
    rmSync(join(dir, 'logs7.csv'))
    expect(await logger.flag([1, 2])).toBe(3)
    const other = await open(dir)
    const given = details(dir, components('z'))
    expect(await other.logger.flag([0], undefined, undefined, given)).toBe(4)
    expect(await logger.flag([1, 2])).toBe(5)
    expect(await other.logger.flag([0], undefined, undefined, given)).toBe(6)
    const text = details(dir, typed('text', 'z'))
    expect(await other.logger.flag(['0'], undefined, undefined, text)).toBe(7)
    expect(await logger.flag(['1'], undefined, undefined, text)).toBe(8)
    await Promise.all([logger.close(), other.logger.close()])
    expect(names(dir)).toEqual(['.flagging', 'logs.csv', 'logs2.csv', 'logs3.csv'])
  })
})

describe('our working files', () => {
  it('are reported when broken, and typed rows then get a log of their own', async () => {
    const good = '{"version":1,"skipped":0,"logs":{"logs.csv":{"components":[],"columns":[]}}}'
    const contents = ['', '{', 'null', good.replace('1', '2'), good.replace('0', '-1')]
    contents.push(
      good.replace('logs.csv', '../x'),
      good.replace('[]', '[{"label":1,"type":"any"}]'),
    )
    contents.push(
      good.replace('[]', '[{"label":"a","type":"thing"}]'),
      good.replace(/\[]}}}$/, '{}}}}'),
    )
    for (const content of contents) {
      const dir = temporary()
      const first = await open(dir)
      const given = details(dir, typed('text', 'a', 'b'))
      await first.logger.flag(['1', '2'], undefined, undefined, given)
      await first.logger.close()
      writeFileSync(join(dir, '.flagging/components.json'), content)
      const { logger, reports } = await open(dir)
      expect(await logger.known(dir)).toBeUndefined()
      expect(await logger.flag(['3', '4'], undefined, undefined, given)).toBe(2)
      await logger.close()
      expect(reports).toEqual(['ERR_FLAGGING_STORE', 'ERR_FLAGGING_STORE'])
      expect(names(dir)).toEqual(['.flagging', 'logs.csv', 'logs2.csv'])
      expect(names(dir, '.flagging').filter((name) => name.startsWith('broken-'))).toHaveLength(1)
    }
  })

  it('are never followed elsewhere', async () => {
    const dir = temporary()
    mkdirSync(join(dir, 'd/.flagging'), { recursive: true })
    writeFileSync(join(dir, 'outside'), '')
    symlinkSync(join(dir, 'outside'), join(dir, 'd/.flagging/lock'))
    const { logger } = await open(join(dir, 'd'))
    await expect(logger.flag([1, 2])).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    rmSync(join(dir, 'd/.flagging/lock'))
    expect(await logger.flag([1, 2])).toBe(1)
    await logger.close()
  })

  it('lose the uploads of writers that died more than an hour ago, and no others', async () => {
    const dir = temporary()
    mkdirSync(join(dir, '.flagging'))
    const old = Date.now() / 1000 - 3601
    for (const name of ['abandoned.tmp', 'abandoned012.tmp', 'torn-x', 'components.tmp']) {
      writeFileSync(join(dir, '.flagging', name), '')
      utimesSync(join(dir, '.flagging', name), old, old)
    }
    writeFileSync(join(dir, '.flagging', 'just-now-012.tmp'), '')
    const { logger } = await open(dir)
    await logger.flag([1, 2])
    await logger.close()
    expect(names(dir, '.flagging')).toEqual(
      ['abandoned.tmp', 'components.json', 'components.tmp', 'just-now-012.tmp'].concat([
        'lock',
        'torn-x',
        'turn',
      ]),
    )
  })

  it('let nobody wait longer than two seconds for a stopped neighbour', async () => {
    const dir = temporary()
    const { logger } = await open(dir)
    await logger.flag([0, 0])
    const neighbour = await nodeFileSystem.open(join(dir, '.flagging/lock'), 'write')
    expect(neighbour.tryLock()).toBe(true)
    const started = performance.now()
    const results = await Promise.allSettled([logger.flag([1, 1]), logger.flag([2, fileOf(PNG)])])
    expect(performance.now() - started).toBeLessThan(2900)
    expect(results).toMatchObject(Array(2).fill({ reason: { code: 'ERR_FLAGGING_LOCK' } }))
    const waiting = logger.flag([3, 3])
    neighbour.unlock()
    expect(await waiting).toBe(2)
    await neighbour.close()
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe('a,b\n0,0\n3,3\n')
    expect(names(dir)).toEqual(['.flagging', 'logs.csv'])
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'turn'])
  })
})

describe('a neighbour that was stopped while it waited', () => {
  it('is passed by', async () => {
    const dir = temporary()
    const { logger } = await open(dir)
    await logger.flag([0, 0])
    const neighbour = await nodeFileSystem.open(join(dir, '.flagging/turn'), 'write')
    expect(neighbour.tryLock()).toBe(true)
    expect(await Promise.all([logger.flag([1, 1]), logger.flag([2, 2])])).toEqual([2, 3])
    await neighbour.close()
    await logger.close()
  })
})

describe('a fault of the disk', () => {
  /** A disk that fails as `fault` says, as long as that is set. */
  function failing(): { disk: FileSystem; state: { fault?: (call: Call) => Fault } } {
    const state: { fault?: (call: Call) => Fault } = {}
    return { disk: watchedFileSystem((call) => state.fault?.(call)), state }
  }

  it('rejects the flags of its batch, cuts their rows back and ends by itself', async () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS']) {
      const dir = temporary()
      const { disk, state } = failing()
      const { logger, reports } = await open(dir, {}, disk)
      await logger.flag([1, 1])
      state.fault = ({ name, path }) =>
        name === 'write' && path.endsWith('.csv') ? { code, short: 6 } : undefined
      const flags = [logger.flag([2, 2]), logger.flag([3, fileOf(PNG)])]
      const results = await Promise.allSettled(flags)
      for (const result of results) {
        expect(result).toMatchObject({ reason: { code: 'ERR_FLAGGING_STORE', cause: { code } } })
      }
      expect(text(dir, 'logs.csv')).toBe('a,b\n1,1\n')
      expect(names(dir, 'b')).toEqual([])
      delete state.fault
      expect(await logger.flag([4, fileOf(PNG)])).toBe(2)
      await logger.close()
      expect(text(dir, 'logs.csv')).toBe('a,b\n1,1\n4,b/1.png\n')
      expect(reports).toEqual([])
    }
  })

  it('may make writes short', async () => {
    const dir = temporary()
    const { disk, state } = failing()
    const { logger } = await open(dir, {}, disk)
    state.fault = ({ name }) => (name === 'write' ? { short: 3 } : undefined)
    await Promise.all([logger.flag([1, fileOf(PNG)]), logger.flag(['x'.repeat(100), 2])])
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe(`a,b\n1,b/0.png\n${'x'.repeat(100)},2\n`)
    expect(readFileSync(join(dir, 'b/0.png'))).toEqual(PNG)
    expect(await new CSVLogger().known(dir)).toEqual(AB)
  })

  it('of a sync fails the batch, and the descriptor is not used again', async () => {
    const dir = temporary()
    const { disk, state } = failing()
    const { logger } = await open(dir, {}, disk)
    await logger.flag([1, 1])
    let opened = 0
    let syncs = 0
    state.fault = ({ name, path }) => {
      if (!path.endsWith('logs.csv')) return undefined
      if (name === 'open') opened++
      return name === 'datasync' && syncs++ === 0 ? { code: 'EIO' } : undefined
    }
    const results = await Promise.allSettled([logger.flag([2, 2]), logger.flag([3, 3])])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(text(dir, 'logs.csv')).toBe('a,b\n1,1\n')
    expect(await logger.flag([4, 4])).toBe(2)
    expect(opened).toBe(1)
    // The failed one, the cut, the reopened file before it is written to, the new row.
    expect(syncs).toBe(4)
    await logger.close()
  })

  it('of the cut of an unfinished row is made good before anything takes its place', async () => {
    const dir = temporary()
    const { disk, state } = failing()
    const { logger } = await open(dir, {}, disk)
    await logger.flag([1, 1])
    appendFileSync(join(dir, 'logs.csv'), '2,"')
    const calls: string[] = []
    state.fault = ({ name, path }) => {
      if (!path.endsWith('logs.csv') || !/write|datasync/.test(name)) return undefined
      return calls.push(name) === 1 ? { code: 'EIO' } : undefined
    }
    await expect(logger.flag([3, 3])).rejects.toThrow('EIO')
    expect(await logger.flag([4, 4])).toBe(2)
    await logger.close()
    expect(calls).toEqual(['datasync', 'datasync', 'write', 'datasync'])
  })

  it('that leaves rows behind leaves their files too', async () => {
    const dir = temporary()
    const { disk, state } = failing()
    const { logger, reports } = await open(dir, {}, disk)
    await logger.flag([1, fileOf(PNG)])
    state.fault = ({ name, path }) =>
      path.endsWith('logs.csv') && (name === 'datasync' || name === 'truncate')
        ? { code: 'EIO' }
        : undefined
    await expect(logger.flag([2, fileOf(PNG)])).rejects.toThrow('EIO')
    await expect(logger.flag([3, fileOf(PNG)])).rejects.toThrow('EIO')
    delete state.fault
    await logger.flag([4, fileOf(PNG)])
    await logger.close()
    const rows = records(dir, 'logs.csv').slice(1)
    expect(rows.map(([a]) => a)).toContain('4')
    for (const [, path] of rows) expect(readFileSync(join(dir, path!))).toEqual(PNG)
    expect(new Set(rows.map(([, path]) => path)).size).toBe(rows.length)
    expect(reports).toEqual([])
  })
})
