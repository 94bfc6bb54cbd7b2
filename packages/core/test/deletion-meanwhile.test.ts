import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CSVLogger, type CSVLoggerOptions, readSamples } from '@flagging/core'
import { describe, expect, it } from 'vitest'
import type { FileSystem, OpenFile } from '../src/store/file-system.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { rowHash } from '../src/store/row-key.ts'
import { PNG, details, fileOf, temporary, text, typed } from './csv-logger-support.ts'
import { keysOf, storedFiles } from './deletion-support.ts'

const COLUMNS = [...typed('any', 'key'), ...typed('image', 'im')]

/** The real disk, but whoever copies a log waits, once, until something else is done. */
function whileCopying(meanwhile: () => Promise<void>): FileSystem {
  let isDone = false
  const held = (file: OpenFile): OpenFile =>
    new Proxy(file, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown
        if (name !== 'write') return typeof value === 'function' ? value.bind(target) : value
        return async (...args: Parameters<OpenFile['write']>) => {
          if (!isDone) {
            isDone = true
            await meanwhile()
          }
          return target.write(...args)
        }
      },
    })
  return {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode)
      return mode === 'create' && path.endsWith('.tmp') ? held(file) : file
    },
  }
}

/** A dataset with rows `r0` to `r3`, and what happens while `r1` is deleted by a logger. */
async function deleteBeside(
  options: CSVLoggerOptions,
  meanwhile: (logger: CSVLogger, dir: string) => Promise<void>,
): Promise<{ dir: string; count: number; logger: CSVLogger }> {
  const dir = join(temporary(), 'flagged')
  const first = new CSVLogger(options)
  for (const key of ['r0', 'r1', 'r2', 'r3']) await flag(first, dir, key)
  await first.close()
  const logger: CSVLogger = new CSVLogger(
    options,
    whileCopying(() => meanwhile(logger, dir)),
  )
  const count = await logger.remove(dir, { rows: keysOf(dir, ['r1']) })
  return { dir, count, logger }
}

async function flag(logger: CSVLogger, dir: string, key: string, file = true): Promise<number> {
  const values = [key, file ? fileOf(PNG) : null]
  return logger.flag(values, undefined, undefined, details(dir, COLUMNS))
}

async function idsIn(dir: string): Promise<unknown[]> {
  const ids: unknown[] = []
  for await (const { inputs } of readSamples(dir)) ids.push(inputs['key'])
  return ids
}

/** The real disk, but whoever puts a copy in the place of its log does something else first. */
function beforeReplacing(meanwhile: () => Promise<void>): FileSystem {
  return {
    ...nodeFileSystem,
    async rename(from, to) {
      if (to.endsWith('logs.csv')) await meanwhile()
      await nodeFileSystem.rename(from, to)
    },
  }
}

describe('while a copy takes the place of its log', () => {
  it.each([[{}], [{ exclusive: true }], [{ fsync: 'none' }]] as const)(
    'a flag waits, and its row is in the copy: %o',
    async (options) => {
      const dir = join(temporary(), 'flagged')
      const flags: Promise<number>[] = []
      const disk = beforeReplacing(async () => {
        flags.push(flag(logger, dir, 'meanwhile', false))
        // More than a flag takes that does not wait.
        for (let turn = 0; turn < 1000; turn++) await nextTurn()
      })
      const logger = new CSVLogger(options, disk)
      for (const key of ['r0', 'r1', 'r2']) await flag(logger, dir, key)
      expect(await logger.remove(dir, { rows: keysOf(dir, ['r1']) })).toBe(1)
      expect(await Promise.all(flags)).toEqual([3])
      expect(await idsIn(dir)).toEqual(['r0', 'r2', 'meanwhile'])
      await logger.close()
    },
  )
})

describe('while a log is copied', () => {
  it.each([[{}], [{ exclusive: true }], [{ fsync: 'none' }]] as const)(
    'flags are stored, and their rows are in the copy: %o',
    async (options) => {
      const { dir, count, logger } = await deleteBeside(options, async (own, at) => {
        // Without files: those are written as the copy is.
        expect(await flag(own, at, 'beside', false)).toBe(5)
        if ('exclusive' in options) return
        const other = new CSVLogger(options)
        expect(await flag(other, at, 'other')).toBe(6)
        await other.close()
      })
      expect(count).toBe(1)
      const others = 'exclusive' in options ? [] : ['other']
      expect(await idsIn(dir)).toEqual(['r0', 'r2', 'r3', 'beside', ...others])
      expect(await flag(logger, dir, 'after')).toBe(5 + others.length)
      expect(storedFiles(dir)).toContain(`im/${5 + others.length}.png`)
      await logger.close()
    },
  )

  it('another logger may delete from it: nothing is deleted twice, and nothing comes back', async () => {
    const { dir, count, logger } = await deleteBeside({ exclusive: true }, async (_, at) => {
      const other = new CSVLogger({ exclusive: true })
      expect(await other.remove(at, { rows: keysOf(at, ['r0', 'r2']) })).toBe(2)
      await other.close()
    })
    expect(count).toBe(1)
    expect(await idsIn(dir)).toEqual(['r3'])
    expect(storedFiles(dir)).toEqual(['im/3.png'])
    await logger.close()
  })

  it.each<[string, (log: string) => void]>([
    ['writes it anew', (log) => writeFileSync(log, text(log).replace('r2', 'R2'))],
    [
      'puts another one in its place',
      (log) => {
        writeFileSync(`${log}.new`, text(log).replace('r2', 'R2'))
        renameSync(`${log}.new`, log)
      },
    ],
    ['cuts it', (log) => writeFileSync(log, text(log).replace(/^r3.*\n/m, ''))],
  ])('somebody %s: what they did stays', async (_, change) => {
    let changed = ''
    const { dir, count, logger } = await deleteBeside({}, async (_own, at) => {
      change(join(at, 'logs.csv'))
      changed = text(at, 'logs.csv')
    })
    expect(count).toBe(1)
    expect(text(dir, 'logs.csv')).toBe(changed.replace(/^r1.*\n/m, ''))
    await logger.close()
  })

  it('somebody takes it away: then there is nothing to be deleted', async () => {
    const { dir, count, logger } = await deleteBeside({}, async (_, at) => {
      renameSync(join(at, 'logs.csv'), join(at, 'logs.csv.1'))
    })
    expect(count).toBe(0)
    expect(text(dir, 'logs.csv.1')).toContain('r1,im/1.png')
    expect(storedFiles(dir)).toHaveLength(4)
    expect(await flag(logger, dir, 'next')).toBe(1)
    await logger.close()
  })
})

describe('a long log that another logger reads for the first time', () => {
  it('may be replaced under it: its flag is stored in the new one', async () => {
    const dir = temporary()
    const line = (n: number): string => `r${n},${'x'.repeat(90_000)}\n`
    const lines = Array.from({ length: 120 }, (_, n) => line(n))
    writeFileSync(join(dir, 'logs.csv'), `key,im\n${lines.join('')}`)
    const deleting = new CSVLogger()
    let removed = 0
    const reading = new CSVLogger(
      {},
      {
        ...nodeFileSystem,
        // It has looked at the log, and opens it without the lock.
        async open(path, mode) {
          if (mode === 'write' && path === join(dir, 'logs.csv') && removed === 0) {
            removed = await deleting.remove(dir, { rows: keysOf(dir, ['r0', 'r7']) })
          }
          return nodeFileSystem.open(path, mode)
        },
      },
    )
    const untyped = typed('any', 'key', 'im')
    const flagged = reading.flag(['new', 1], undefined, undefined, details(dir, untyped))
    expect(await flagged).toBe(119)
    expect(removed).toBe(2)
    const ids = await idsIn(dir)
    expect(ids).toHaveLength(119)
    expect(ids.at(-1)).toBe('new')
    await deleting.close()
    await reading.close()
  })
})

describe('a log of many rows', () => {
  it('loses those that are named, wherever they are, and no other', async () => {
    const dir = temporary()
    const rows = Array.from({ length: 200_000 }, (_, n) => `${n},"text, ${n}\nof two lines",y`)
    writeFileSync(join(dir, 'logs.csv'), `a,b,c\n${rows.join('\n')}\n`)
    const wanted = [0, 17, 99_999, 100_000, 150_000, 199_999]
    // Seen before others were deleted.
    const keys = wanted.map((n) => ({
      log: 'logs.csv',
      offset: n * 7,
      hash: rowHash(Buffer.from(rows[n]!)),
    }))
    const logger = new CSVLogger()
    expect(await logger.remove(dir, { rows: keys })).toBe(6)
    const kept = rows.filter((_, n) => !wanted.includes(n))
    expect(readFileSync(join(dir, 'logs.csv'), 'utf8') === `a,b,c\n${kept.join('\n')}\n`).toBe(true)
    await logger.close()
  })

  it('keeps what comes in meanwhile, however much', async () => {
    const dir = join(temporary(), 'flagged')
    mkdirSync(dir)
    const line = (n: number): string => `${n},${'x'.repeat(90_000)}\n`
    writeFileSync(join(dir, 'logs.csv'), `key,im\n${line(0)}${line(1)}`)
    const fs = whileCopying(async () => {
      for (let n = 2; n < 150; n++) appendFileSync(join(dir, 'logs.csv'), line(n))
    })
    const logger = new CSVLogger({}, fs)
    const key = { log: 'logs.csv', offset: 7, hash: rowHash(Buffer.from(line(0))) }
    expect(await logger.remove(dir, { rows: [key] })).toBe(1)
    const left = Array.from({ length: 149 }, (_, n) => line(n + 1))
    expect(text(dir, 'logs.csv') === `key,im\n${left.join('')}`).toBe(true)
    await logger.close()
  })
})

describe('who reads a log while rows are deleted from it', () => {
  it('reads the one that was there when they began', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger()
    for (let n = 0; n < 5000; n++) void flag(logger, dir, `r${n}`, false)
    await flag(logger, dir, 'last', false)
    const seen: unknown[] = []
    let count: number | undefined
    for await (const { inputs } of readSamples(dir)) {
      seen.push(inputs['key'])
      if (seen.length === 10) {
        const keys = ['r1', 'r20', 'r4000', 'last']
        count = await logger.remove(dir, { rows: keysOf(dir, keys) })
      }
    }
    expect(count).toBe(4)
    expect(seen).toHaveLength(5001)
    expect(await idsIn(dir)).toHaveLength(4997)
    await logger.close()
  })
})
