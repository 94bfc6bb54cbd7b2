import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CSVLogger, type FlagDetails, type FlagValue, readSamples } from '@flagging/core'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { verify } from '../src/inspect/verify.ts'
import { Receipts } from '../src/store/receipts.ts'
import { type RowKey, rowHash } from '../src/store/row-key.ts'
import {
  PNG,
  details,
  fileOf,
  modeOf,
  names,
  records,
  temporary,
  text,
  typed,
  watchedFileSystem,
} from './csv-logger-support.ts'
import { keyedRows, keysOf, logNames, storedFiles } from './deletion-support.ts'

const COLUMNS = [...typed('any', 'key', 'note'), ...typed('image', 'im')]
const NARROW = [...typed('any', 'key'), ...typed('image', 'Output')]

const ROWS = Array.from({ length: 45 }, (_, n) => `r${n}`)
const HEADER_LENGTH = 'key,note,im\n'.length
/** A row that has lost the rest of a sector. */
const HOLE = `hole,${'\0'.repeat(512 - HEADER_LENGTH - 'hole,'.length)}x,\n`

/** A dataset with rows `r0`, `r1` ..., each with a file. */
async function dataset(
  rows: number,
  options: ConstructorParameters<typeof CSVLogger>[0] = {},
): Promise<{
  dir: string
  logger: CSVLogger
  flag: (key: string, note?: FlagValue) => Promise<number>
}> {
  const dir = join(temporary(), 'flagged')
  const logger = new CSVLogger(options)
  const told: unknown[] = []
  logger.onError = (error) => told.push(error)
  const flag = (key: string, note: FlagValue = null): Promise<number> =>
    logger.flag([key, note, fileOf(PNG)], undefined, undefined, details(dir, COLUMNS))
  for (let n = 0; n < rows; n++) await flag(`r${n}`)
  return { dir, logger, flag }
}

async function idsIn(dir: string): Promise<unknown[]> {
  const ids: unknown[] = []
  for await (const { inputs } of readSamples(dir)) ids.push(inputs['key'])
  return ids
}

async function problemsIn(dir: string): Promise<string[]> {
  return (await verify(nodeFileSystem, dir)).problems.map(({ message }) => message)
}

/** The keys of the lines that start with one of these. */
function lineKeys(dir: string, ids: readonly string[]): RowKey[] {
  let offset = 0
  return text(dir, 'logs.csv')
    .split('\n')
    .flatMap((line) => {
      const key = { log: 'logs.csv', offset, hash: rowHash(Buffer.from(line)) }
      offset += Buffer.byteLength(line) + 1
      return ids.some((id) => line.startsWith(`${id},`)) ? [key] : []
    })
}

describe('rows that are deleted', () => {
  it.each([{}, { exclusive: true }, { fsync: 'none' }] as const)(
    'are gone with their files, and the others stay as they are: %o',
    async (options) => {
      const { dir, logger, flag } = await dataset(6, options)
      const before = text(dir, 'logs.csv').split('\n')
      expect(await logger.remove(dir, { rows: keysOf(dir, ['r1', 'r4', 'r5']) })).toBe(3)
      const kept = before.filter((line) => !/^r[145],/.test(line))
      expect(text(dir, 'logs.csv')).toBe(kept.join('\n'))
      expect(storedFiles(dir)).toEqual(['im/0.png', 'im/2.png', 'im/3.png'])
      expect(await idsIn(dir)).toEqual(['r0', 'r2', 'r3'])
      expect(await problemsIn(dir)).toEqual([])
      // Numbers go on behind those that were given out.
      expect(await flag('next')).toBe(4)
      expect(storedFiles(dir)).toEqual(['im/0.png', 'im/2.png', 'im/3.png', 'im/6.png'])
      await logger.close()
      expect(names(dir, '.flagging').filter((name) => name.endsWith('.tmp'))).toEqual([])
    },
  )

  it('are found where they have moved to, and count once', async () => {
    const { dir, logger } = await dataset(5)
    const keys = keysOf(dir, ['r0', 'r1', 'r2', 'r3', 'r4'])
    expect(await logger.remove(dir, { rows: keys.slice(0, 1) })).toBe(1)
    expect(await logger.remove(dir, { rows: keys.slice(2, 4) })).toBe(2)
    expect(await logger.remove(dir, { rows: keys })).toBe(2)
    expect(await logger.remove(dir, { rows: keys })).toBe(0)
    expect(await logger.remove(dir, { rows: [] })).toBe(0)
    // The header stays.
    expect(text(dir, 'logs.csv')).toBe('key,note,im\n')
    expect(storedFiles(dir)).toEqual([])
    await logger.close()
  })

  it('of the same bytes stand for each other: as many go as were asked for', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger()
    await logger.setup(typed('any', 'a'), dir)
    for (const value of [1, 2, 1, 1, 2]) await logger.flag([value])
    const keys = keysOf(dir, ['1'])
    expect(keys).toHaveLength(3)
    expect(await logger.remove(dir, { rows: [keys[1]!, keys[1]!] })).toBe(1)
    expect(text(dir, 'logs.csv')).toBe('a\n1\n2\n1\n2\n')
    expect(await logger.remove(dir, { rows: [keys[0]!, keys[2]!] })).toBe(2)
    expect(text(dir, 'logs.csv')).toBe('a\n2\n2\n')
    await logger.close()
  })

  it('are rows, not lines of a text that look like them', async () => {
    const { dir, logger, flag } = await dataset(1)
    const [line] = keyedRows(dir)
    const row = text(dir, 'logs.csv').split('\n')[1]!
    await flag('decoy', `\n${row}\n${row}\n`)
    await flag('last', 'say "hi"\r\n')
    const at = text(dir, 'logs.csv').indexOf(row, line!.key.offset + 1)
    // A hint that leads into the text.
    const key: RowKey = { ...line!.key, offset: at }
    expect(await logger.remove(dir, { rows: [key] })).toBe(1)
    expect(await idsIn(dir)).toEqual(['decoy', 'last'])
    expect(await logger.remove(dir, { rows: [key] })).toBe(0)
    expect(await logger.remove(dir, { rows: keysOf(dir, ['last']) })).toBe(1)
    expect(records(dir, 'logs.csv').slice(1)).toEqual([
      ['decoy', `'\n${row}\n${row}\n`, 'im/1.png'],
    ])
    await logger.close()
  })

  it('may be in several logs, whose other rows may name the same files', async () => {
    const { dir, logger } = await dataset(3)
    const narrow = details(dir, NARROW)
    await logger.flag(['n0', fileOf(PNG)], undefined, undefined, narrow)
    await logger.flag(['n1', fileOf(PNG)], undefined, undefined, narrow)
    expect(logNames(dir)).toEqual(['logs.csv', 'logs2.csv'])
    await logger.close()
    // Copied by hand: a text that mentions a file is none that names it.
    appendFileSync(join(dir, 'logs.csv'), `copy,,im/1.png\ntext,/0.png see 'im/0.png,\n`)
    appendFileSync(join(dir, 'logs2.csv'), 'other,im/2.png\n')
    const again = new CSVLogger()
    const rows = [...keysOf(dir, ['r0', 'r1', 'r2']), ...keysOf(dir, ['n1'], 'logs2.csv')]
    expect(await again.remove(dir, { rows })).toBe(4)
    expect(storedFiles(dir)).toEqual(['Output/3.png', 'im/1.png'])
    expect(await again.remove(dir, { rows: keysOf(dir, ['copy']) })).toBe(1)
    expect(storedFiles(dir)).toEqual(['Output/3.png'])
    await again.close()
  })

  it('take texts along that were too large for their cells, and several files', async () => {
    const { dir, logger, flag } = await dataset(0)
    await flag('long', 'x'.repeat(100_001))
    await flag('several', [fileOf('a', 'text/plain'), fileOf('b', 'text/plain')])
    expect(storedFiles(dir)).toHaveLength(5)
    expect(await logger.remove(dir, { rows: keysOf(dir, ['long', 'several']) })).toBe(2)
    expect(storedFiles(dir)).toEqual([])
    await logger.close()
  })

  it('never take along what lies elsewhere, or is no file', async () => {
    const { dir, logger } = await dataset(1)
    await logger.close()
    const outside = join(temporary(), '7.png')
    writeFileSync(outside, 'not ours')
    for (const folder of ['other', 'im/8.png']) mkdirSync(join(dir, folder))
    writeFileSync(join(dir, 'other', '7.png'), 'another column')
    symlinkSync(outside, join(dir, 'im', '7.png'))
    const lines = [
      'im/7.png',
      'other/7.png',
      'im/8.png',
      '../7.png',
      `"[""im/0.png"",""other/7.png""]"`,
    ]
    appendFileSync(join(dir, 'logs.csv'), lines.map((cell, n) => `forged${n},,${cell}\n`).join(''))
    const again = new CSVLogger()
    const forged = lines.map((_, n) => `forged${n}`)
    expect(await again.remove(dir, { rows: keysOf(dir, forged) })).toBe(5)
    expect(storedFiles(dir)).toEqual(['im/0.png', 'im/7.png', 'im/8.png', 'other/7.png'])
    expect(readFileSync(outside, 'utf8')).toBe('not ours')
    // Nor through a folder that is a link.
    renameSync(join(dir, 'im'), join(dir, '..', 'elsewhere'))
    symlinkSync(join(dir, '..', 'elsewhere'), join(dir, 'im'))
    expect(await again.remove(dir, { rows: keysOf(dir, ['r0']) })).toBe(1)
    expect(existsSync(join(dir, '..', 'elsewhere', '0.png'))).toBe(true)
    await again.close()
  })

  it('leave the owner, the group and the mode of the log as they were', async () => {
    const { dir, logger } = await dataset(2)
    const log = join(dir, 'logs.csv')
    chmodSync(log, 0o640)
    const isRoot = process.getuid?.() === 0
    if (isRoot) chownSync(log, 12_345, 54_321)
    const { uid, gid } = statSync(log)
    expect(await logger.remove(dir, { rows: keysOf(dir, ['r0']) })).toBe(1)
    expect(modeOf(log)).toBe('640')
    expect([statSync(log).uid, statSync(log).gid]).toEqual([uid, gid])
    await logger.close()
  })
})

describe('a deletion is refused', () => {
  it('of rows of logs that are not ours, and of what names no row', async () => {
    const { dir, logger } = await dataset(1)
    const [key] = keysOf(dir, ['r0']) as [RowKey]
    writeFileSync(join(dir, 'dataset1.csv'), 'a,b\n1,2\n')
    for (const log of ['dataset1.csv', 'log.csv', '../logs.csv', 'logs1.csv', '']) {
      const refused = logger.remove(dir, { rows: [key, { ...key, log }] })
      await expect(refused).rejects.toMatchObject({ code: 'ERR_FLAGGING_BAD_REQUEST' })
    }
    for (const part of [{ offset: -1 }, { offset: 0.5 }, { hash: 'short' }, { hash: undefined }]) {
      const refused = logger.remove(dir, { rows: [{ ...key, ...part } as RowKey] })
      await expect(refused).rejects.toMatchObject({ code: 'ERR_FLAGGING_BAD_REQUEST' })
    }
    expect(await idsIn(dir)).toContain('r0')
    await logger.close()
    await expect(logger.remove(dir, { rows: [key] })).rejects.toMatchObject({
      code: 'ERR_FLAGGING_CLOSED',
    })
  })

  it('where there is no log: nothing is made, and a link is not followed', async () => {
    const { dir, logger } = await dataset(1)
    const [key] = keysOf(dir, ['r0']) as [RowKey]
    const nowhere = join(temporary(), 'nowhere')
    expect(await logger.remove(nowhere, { rows: [key] })).toBe(0)
    expect(await logger.remove(dir, { rows: [{ ...key, log: 'logs7.csv' }] })).toBe(0)
    expect(existsSync(nowhere)).toBe(false)
    renameSync(join(dir, 'logs.csv'), join(dir, '..', 'moved'))
    symlinkSync(join(dir, '..', 'moved'), join(dir, 'logs.csv'))
    await expect(logger.remove(dir, { rows: [key] })).rejects.toThrow(/no regular file/)
    rmSync(join(dir, 'logs.csv'))
    await logger.close()
  })

  it.each([
    // The row closes a quote that another one has left open.
    ['a quote', 'open,"x,\nr5,"y",z\nr6,,\n', ['r5']],
    // So far from the end a hole is damage; nearer, it is where a write broke off.
    [
      'a hole',
      `${HOLE}${ROWS.map((key) => `${key},${'x'.repeat(100_000)},\n`).join('')}`,
      ROWS.slice(9),
    ],
  ])('where %s would have what stays set aside by the next writer', async (_, rows, ids) => {
    const dir = join(temporary(), 'flagged')
    mkdirSync(dir)
    const content = `key,note,im\n${rows}`
    writeFileSync(join(dir, 'logs.csv'), content)
    const logger = new CSVLogger()
    await expect(logger.remove(dir, { rows: lineKeys(dir, ids) })).rejects.toThrow(
      /flagging repair/,
    )
    expect(text(dir, 'logs.csv')).toBe(content)
    expect(names(dir, '.flagging').filter((name) => name.endsWith('.tmp'))).toEqual([])
    await logger.close()
  })
})

describe('a deletion that fails', () => {
  it.each([
    ['ENOSPC', 'write', /\.tmp$/],
    ['EIO', 'sync', /\.tmp$/],
    ['EACCES', 'open', /\.tmp$/],
    ['EPERM', 'resemble', /\.tmp$/],
    ['EROFS', 'rename', /logs\.csv$/],
    ['ENOSPC', 'rename', /components\.json$/],
    ['EIO', 'read', /logs\.csv$/],
  ])('with %s at %s of %s changes nothing, and may be tried again', async (code, call, where) => {
    let isBroken = false
    const dir = join(temporary(), 'flagged')
    const disk = watchedFileSystem(({ name, path }) =>
      isBroken && name === call && where.test(path) ? { code, short: 7 } : undefined,
    )
    const logger = new CSVLogger({}, disk)
    for (const key of ['r0', 'r1', 'r2']) {
      await logger.flag([key, null, fileOf(PNG)], undefined, undefined, details(dir, COLUMNS))
    }
    const before = text(dir, 'logs.csv')
    const rows = keysOf(dir, ['r1'])
    isBroken = true
    const failed = await logger.remove(dir, { rows }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    isBroken = false
    expect(text(dir, 'logs.csv')).toBe(before)
    expect(storedFiles(dir)).toHaveLength(3)
    expect(names(dir, '.flagging').filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(await logger.remove(dir, { rows })).toBe(1)
    expect(storedFiles(dir)).toEqual(['im/0.png', 'im/2.png'])
    await logger.close()
  })

  it('to remove a file has deleted the row, and is told of', async () => {
    const told: unknown[] = []
    const dir = join(temporary(), 'flagged')
    const disk = watchedFileSystem(({ name, path }) =>
      name === 'unlink' && path.endsWith('im/0.png') ? { code: 'EPERM' } : undefined,
    )
    const logger = new CSVLogger({}, disk)
    logger.onError = (error) => told.push(error)
    await logger.flag(['r0', null, fileOf(PNG)], undefined, undefined, details(dir, COLUMNS))
    expect(await logger.remove(dir, { rows: keysOf(dir, ['r0']) })).toBe(1)
    expect(told).toMatchObject([{ code: 'ERR_FLAGGING_STORE' }])
    expect(storedFiles(dir)).toEqual(['im/0.png'])
    await logger.close()
  })
})

describe('samples that were flagged by hand', () => {
  const more = (id: string, byHand = true): Partial<FlagDetails> => ({ id, byHand })

  async function withFlags(options: ConstructorParameters<typeof CSVLogger>[0] = {}) {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger(options)
    const flag = (key: string, username: string | null, rest: Partial<FlagDetails>) =>
      logger.flag([key], undefined, username, details(dir, typed('any', 'key'), rest))
    await flag('a', 'ann', more('one'))
    await flag('b', 'bob', more('one'))
    await flag('c', null, more('one'))
    await flag('d', 'ann', more('two'))
    await flag('e', 'ann', more('one', false))
    await flag('f', 'ann', more('one'))
    return { dir, logger, flag }
  }

  it('are taken back by id and user, and nobody else with them', async () => {
    const { dir, logger, flag } = await withFlags()
    expect(await logger.remove(dir, { id: 'one', username: 'ann' })).toBe(2)
    expect(await idsIn(dir)).toEqual(['b', 'c', 'd', 'e'])
    expect(await logger.remove(dir, { id: 'one', username: 'ann' })).toBe(0)
    expect(await logger.remove(dir, { id: 'one', username: null })).toBe(1)
    await flag('g', 'ann', more('one'))
    expect(await logger.remove(dir, { id: 'one' })).toBe(2)
    expect(await logger.remove(dir, { id: 'none' })).toBe(0)
    expect(await idsIn(dir)).toEqual(['d', 'e'])
    await logger.close()
  })

  it('are looked for in the column `id` where nothing is remembered', async () => {
    const { dir, logger } = await withFlags({ columns: ['timestamp', 'id'] })
    await logger.close()
    const again = new CSVLogger({ columns: ['timestamp', 'id'] })
    expect(await again.remove(dir, { id: 'on' })).toBe(0)
    expect(await again.remove(dir, { id: 'one', username: 'bob' })).toBe(1)
    expect(await again.remove(dir, { id: 'one', username: null })).toBe(1)
    expect(await again.remove(dir, { id: 'one' })).toBe(3)
    expect(await idsIn(dir)).toEqual(['d'])
    await again.close()
    const { dir: other, logger: without } = await withFlags()
    await without.close()
    const blind = new CSVLogger()
    expect(await blind.remove(other, { id: 'one' })).toBe(0)
    await blind.close()
  })

  it('are remembered up to a number of rows, each interaction with all of its own', () => {
    const receipts = new Receipts(4)
    const key = (offset: number): RowKey => ({ log: 'logs.csv', offset, hash: `${offset}` })
    for (const [n, id] of ['a', 'a', 'b', 'c', 'c'].entries()) {
      receipts.add('/dir', id, n % 2 === 0 ? 'ann' : null, key(n))
    }
    expect(receipts.of('/dir', 'a', undefined)).toBeUndefined()
    expect(receipts.of('/dir', 'c', undefined)).toEqual([key(3), key(4)])
    expect(receipts.of('/dir', 'c', null)).toEqual([key(3)])
    expect(receipts.of('/other', 'c', null)).toBeUndefined()
    receipts.forget('/dir', [key(2), key(3)])
    expect(receipts.of('/dir', 'b', 'ann')).toBeUndefined()
    expect(receipts.of('/dir', 'c', 'ann')).toEqual([key(4)])
  })

  it('that were deleted as rows are not looked for among others of the same bytes', async () => {
    const dir = join(temporary(), 'flagged')
    const logger = new CSVLogger()
    for (const id of ['one', 'two']) {
      await logger.flag(['same'], undefined, undefined, details(dir, typed('any', 'key'), more(id)))
    }
    expect(await logger.remove(dir, { rows: keysOf(dir, ['same']).slice(0, 1) })).toBe(1)
    expect(await logger.remove(dir, { id: 'one' })).toBe(0)
    expect(await logger.remove(dir, { id: 'two' })).toBe(1)
    await logger.close()
  })
})
