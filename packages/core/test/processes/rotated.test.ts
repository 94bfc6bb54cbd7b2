import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { temporary, watchedFileSystem } from '../csv-logger-support.ts'
import { TIMEOUT, print, seeded, times } from './campaign.ts'
import { assertWithin, readLog } from './dataset.ts'
import { type Mix, columnsOf, valuesOf } from './samples.ts'
import { type Run, WriterPool } from './writer-pool.ts'

const MAX_PAUSE_MS = 30
const WRITERS = 2

const pool = new WriterPool()
afterAll(() => pool.end())

/** What somebody else does to the log, over and over, while two processes flag. */
type Outsider = (log: string, nth: number) => void | Promise<void>

interface Turmoil {
  readonly dir: string
  readonly runs: readonly Run[]
  readonly acknowledged: readonly string[]
  readonly rejected: number
  readonly turns: number
}

async function disturb(
  name: string,
  turns: number,
  outsider: Outsider,
  mix: Mix = 'small',
): Promise<Turmoil> {
  await pool.prepare(WRITERS)
  const dir = join(temporary(), 'flagged')
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => pool.take()))
  const runs = writers.map((writer, index) =>
    writer.run({ dir, name: `w${index}`, mix, concurrency: 2 }),
  )
  const random = seeded(name)
  await Promise.all(runs.map((run) => run.acknowledges(1)))
  for (let nth = 0; nth < turns; nth++) {
    await delay(random() * MAX_PAUSE_MS)
    if (existsSync(join(dir, 'logs.csv'))) await outsider(join(dir, 'logs.csv'), nth)
  }
  // They go on by themselves.
  await Promise.all(runs.map((run) => run.acknowledges(3)))
  for (const writer of writers) writer.tell('stop')
  const outcomes = await Promise.all(runs.map(({ over }) => over))
  pool.give(...writers)
  for (const { rejected, closed } of outcomes) {
    assert.ok(closed)
    for (const { code } of rejected) assert.equal(code, 'ERR_FLAGGING_STORE')
  }
  const acknowledged = outcomes.flatMap((outcome) => outcome.acknowledged)
  const rejected = outcomes.reduce((sum, outcome) => sum + outcome.rejected.length, 0)
  print(`log ${name}`, { turns, acknowledged: acknowledged.length, rejected })
  return { dir, runs, acknowledged, rejected, turns }
}

async function idsIn(dir: string, names: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const name of names) ids.push(...(await readLog(dir, name, 'small')).ids)
  return ids
}

describe('a log that somebody else', () => {
  it(
    'renames is followed by another one with a header, and together they hold every row and file',
    async () => {
      const names = ['logs.csv']
      const rename = (log: string, nth: number): void => {
        names.push(`logs.csv.${nth}`)
        renameSync(log, `${log}.${nth}`)
      }
      const turmoil = await disturb('renamed', times(20, 500), rename, 'files')
      expect(turmoil.rejected).toBe(0)
      const ids: string[] = []
      const paths: string[] = []
      for (const name of names) {
        const log = await readLog(turmoil.dir, name, 'files')
        ids.push(...log.ids)
        paths.push(...log.paths)
      }
      assertWithin(turmoil.acknowledged, ids, 'acknowledged, but not there')
      expect(new Set(ids).size).toBe(ids.length)
      expect(new Set(paths).size).toBe(paths.length)
    },
    TIMEOUT,
  )

  it.each(['deletes', 'replaces'])(
    '%s takes no row with it that came later',
    async (what) => {
      const late: string[] = []
      const old: string[] = []
      const turmoil = await disturb(what, times(20, 500), async (log) => {
        const fd = openSync(log, 'r')
        if (what === 'deletes') unlinkSync(log)
        else {
          writeFileSync(`${log}.new`, '')
          renameSync(`${log}.new`, log)
        }
        const { size } = fstatSync(fd)
        // Who looked before has the time to write.
        await delay(20)
        const bytes = bytesOf(fd)
        old.push(...idsOf(bytes.subarray(0, size)))
        late.push(...idsOf(bytes.subarray(size)))
        closeSync(fd)
      })
      const acknowledged = new Set(turmoil.acknowledged)
      expect(late.filter((id) => acknowledged.has(id))).toEqual([])
      const { ids } = await readLog(turmoil.dir, 'logs.csv', 'small')
      assertWithin(turmoil.acknowledged, [...old, ...ids], 'acknowledged, but not there')
      print(`rows written to a log that is gone (${what})`, { late: late.length })
    },
    TIMEOUT,
  )

  it(
    'copies and cuts stays well-formed, and loses only what was written in between',
    async () => {
      const copies: string[] = []
      const { dir, acknowledged } = await disturb('copied and cut', times(20, 500), (log, nth) => {
        copyFileSync(log, `${log}.${nth}`)
        copies.push(`logs.csv.${nth}`)
        truncateSync(log)
      })
      // One header and whole rows, and no zeros of a hole.
      expect(readFileSync(join(dir, 'logs.csv')).includes(0)).toBe(false)
      const { ids } = await readLog(dir, 'logs.csv', 'small')
      const copied = copies.flatMap((name) => idsOf(readFileSync(join(dir, name))))
      const all = new Set([...copied, ...ids])
      const lost = acknowledged.filter((id) => !all.has(id))
      print('lost between copy and cut', { lost: lost.length })
    },
    TIMEOUT,
  )

  it.each(['a directory', 'a symbolic link'])(
    'makes %s of refuses flags, and takes them again afterwards',
    async (what) => {
      const names: string[] = []
      const outside = join(temporary(), 'outside.csv')
      writeFileSync(outside, 'not ours\n')
      const { dir, acknowledged, rejected } = await disturb(
        what,
        times(8, 150),
        async (log, nth) => {
          names.push(`logs.csv.${nth}`)
          renameSync(log, `${log}.${nth}`)
          try {
            if (what === 'a directory') mkdirSync(log)
            else symlinkSync(outside, log)
          } catch {
            // The next log is there already.
            return
          }
          await delay(MAX_PAUSE_MS)
          if (what === 'a directory') rmdirSync(log)
          else unlinkSync(log)
        },
      )
      expect(rejected).toBeGreaterThan(0)
      expect(readFileSync(outside, 'utf8')).toBe('not ours\n')
      const ids = await idsIn(dir, [...names, 'logs.csv'])
      assertWithin(acknowledged, ids, 'acknowledged, but not there')
    },
    TIMEOUT,
  )
})

describe('a log that changes between the look at it and a write', () => {
  it.each(['deleted', 'cut'])('refuses the flag: %s', async (change) => {
    const { dir, logger, second, third } = await flagBeside((log) => {
      if (change === 'deleted') unlinkSync(log)
      else truncateSync(log)
    })
    await expect(second()).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    expect(await third()).toBe(1)
    await logger.close()
    expect((await readLog(dir, 'logs.csv', 'files')).ids).toEqual(['third'])
  })

  it('has the row where it was renamed to', async () => {
    const { dir, logger, second, third } = await flagBeside((log) => {
      renameSync(log, `${log}.1`)
    })
    expect(await second()).toBe(2)
    expect(await third()).toBe(1)
    await logger.close()
    expect((await readLog(dir, 'logs.csv.1', 'files')).ids).toEqual(['first', 'second'])
    expect((await readLog(dir, 'logs.csv', 'files')).ids).toEqual(['third'])
  })
})

/** A dataset with one sample, and the flags of two more; the first of them meets a change of the log. */
async function flagBeside(change: (log: string) => void): Promise<Beside> {
  const dir = join(temporary(), 'flagged')
  const log = join(dir, 'logs.csv')
  let isArmed = false
  const fs = watchedFileSystem(({ name, path }) => {
    if (!isArmed || name !== 'write' || path !== log) return
    isArmed = false
    change(log)
  })
  const logger = new CSVLogger({}, fs)
  logger.onError = () => undefined
  await logger.setup(columnsOf('files'), dir)
  await logger.flag(valuesOf('files', 'first'))
  isArmed = true
  return {
    dir,
    logger,
    second: () => logger.flag(valuesOf('files', 'second')),
    third: () => {
      assert.ok(!isArmed)
      return logger.flag(valuesOf('files', 'third'))
    },
  }
}

interface Beside {
  readonly dir: string
  readonly logger: CSVLogger
  readonly second: () => Promise<number>
  readonly third: () => Promise<number>
}

function bytesOf(fd: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(fd).size)
  readSync(fd, bytes, 0, bytes.length, 0)
  return bytes
}

/** The ids of the rows in a part of a log. */
function idsOf(part: Buffer): string[] {
  return [...part.toString('latin1').matchAll(/^(w\d-\d+),/gm)].map(([, id]) => id!)
}
