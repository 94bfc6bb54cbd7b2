import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { FlaggedFile } from '../src/sample/flag-value.ts'
import { CSVLogger, type CSVLoggerOptions } from '../src/store/csv-logger.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import {
  CALCULATOR,
  PNG,
  components,
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

async function loggerFor(
  dir: string,
  of = CALCULATOR,
  options: CSVLoggerOptions = {},
): Promise<CSVLogger> {
  const logger = new CSVLogger(options)
  logger.onError = (error) => {
    throw error
  }
  await logger.setup(of, dir)
  return logger
}

describe('CSVLogger', () => {
  it("writes the guide's calculator byte for byte and counts the samples", async () => {
    const dir = join(temporary(), 'flagged')
    const logger = await loggerFor(dir)
    expect(existsSync(dir)).toBe(false)
    expect(await logger.flag([5, 'add', 7, 12])).toBe(1)
    expect(await logger.flag([6, 'subtract', 1.5, 4.5])).toBe(2)
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe(
      'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n',
    )
    expect(names(dir)).toEqual(['.flagging', 'logs.csv'])
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'turn'])
  })

  it("writes the guide's images, numbered alike", async () => {
    const dir = temporary()
    const logger = await loggerFor(dir, typed('image', 'im', 'Output'))
    await logger.flag([fileOf(PNG), fileOf(PNG)])
    await logger.flag([fileOf(PNG), fileOf(PNG)])
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe('im,Output\nim/0.png,Output/0.png\nim/1.png,Output/1.png\n')
    expect(names(dir)).toEqual(['.flagging', 'Output', 'im', 'logs.csv'])
    for (const path of ['im/0.png', 'im/1.png', 'Output/0.png', 'Output/1.png']) {
      expect(readFileSync(join(dir, path))).toEqual(PNG)
    }
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'sizes', 'turn'])
  })

  it('adds the option, the user, the comment, the correction and what was asked for', async () => {
    const dir = temporary()
    const columns = [
      'id',
      'timestamp',
      'endpoint',
      'status',
      'duration',
      'ended',
      'truncated',
    ] as const
    const logger = new CSVLogger({ columns })
    expect(logger.columns).toEqual(columns)
    await logger.setup(CALCULATOR, dir)
    const given = details(dir, CALCULATOR, { comment: '=1+1', correction: { a: [1] } })
    await logger.flag([1, 'add', 2, 4], 'incorrect', null, given)
    await logger.close()
    expect(records(dir, 'logs.csv')).toEqual([
      [
        'num1',
        'operation',
        'num2',
        'Output',
        'flag_option',
        'username',
        'comment',
        'correction',
        ...columns,
      ],
      ['1', 'add', '2', '4', 'incorrect', '', "'=1+1", '{"a":[1]}', given.id].concat(
        '2026-01-02T03:04:05.678Z',
        'calculate',
        '200',
        '12.5',
        'complete',
        'false',
      ),
    ])
    const stored = JSON.parse(text(dir, '.flagging', 'components.json')) as unknown
    expect(stored).toEqual({
      version: 1,
      skipped: 0,
      logs: {
        'logs.csv': {
          components: CALCULATOR,
          columns: ['flag_option', 'username', 'comment', 'correction', ...columns],
        },
      },
    })
  })

  it('keeps the exact JSON text of a value, and text columns as they are', async () => {
    const dir = temporary()
    const of = [...typed('json', 'big'), ...typed('text', 'zip')]
    const logger = await loggerFor(dir, of)
    await logger.flag([1e20, '007'], undefined, undefined, details(dir, of, { json: ['1e400'] }))
    await logger.close()
    expect(records(dir, 'logs.csv')[1]).toEqual(['1e400', '007'])
  })

  it('stores several files of a field, empty files, and files that look like spilled texts', async () => {
    const dir = temporary()
    const logger = await loggerFor(dir, components('a', 'b', 'c'))
    await logger.flag([
      [fileOf(PNG), fileOf('')],
      fileOf('plain', 'text/plain'),
      fileOf('{}', 'application/json'),
    ])
    await logger.close()
    expect(records(dir, 'logs.csv')[1]).toEqual([
      '["a/0-0.png","a/0-1.png"]',
      'b/0-0.txt',
      'c/0-0.json',
    ])
    expect(text(dir, 'a/0-1.png')).toBe('')
    expect(text(dir, 'b/0-0.txt')).toBe('plain')
  })

  it('names files by content, then by declared type, and never as something active', async () => {
    const dir = temporary()
    const of = components('a', 'b', 'c', 'd', 'e')
    const files = [
      fileOf(PNG, 'text/html'),
      fileOf('<svg onload="x">', 'image/svg+xml'),
      fileOf('<?xml version="1.0"?><a/>', 'image/png'),
      fileOf('a,b', 'text/csv; charset=utf-8'),
      fileOf('?', 'application/x-unheard-of'),
    ]
    const careful = await loggerFor(join(dir, '1'), of)
    await careful.flag(files)
    const trusting = await loggerFor(join(dir, '2'), of, { activeContent: true })
    await trusting.flag(files)
    await Promise.all([careful.close(), trusting.close()])
    expect(text(dir, '1/logs.csv').split('\n')[1]).toBe('a/0.png,b/0.bin,c/0.bin,d/0.csv,e/0.bin')
    expect(text(dir, '2/logs.csv').split('\n')[1]).toBe('a/0.png,b/0.svg,c/0.xml,d/0.csv,e/0.bin')
  })

  it('spills what is too large for a cell', async () => {
    const dir = temporary()
    const of = [...components('a', 'b', 'c'), ...typed('text', 'd')]
    const logger = await loggerFor(dir, of)
    const long = '=é"\n'.repeat(30_000)
    const data = [long, { long }, `${long}\ud800`, ' '.repeat(100_000)]
    await logger.flag(data, undefined, undefined, details(dir, of, { comment: long }))
    await logger.flag(['\0'.repeat(50_000), null, 'x'.repeat(100_001), null])
    await logger.close()
    expect(records(dir, 'logs.csv')).toEqual([
      ['a', 'b', 'c', 'd', 'comment'],
      ['a/0.txt', 'b/0.json', 'c/0.json', ' '.repeat(100_000), 'comment/0.txt'],
    ])
    expect(records(dir, 'logs2.csv')[1]).toEqual(['a/1.txt', '', 'c/1.txt', ''])
    expect(text(dir, 'a/0.txt')).toBe(long)
    expect(JSON.parse(text(dir, 'b/0.json'))).toEqual({ long })
    expect(JSON.parse(text(dir, 'c/0.json'))).toBe(`${long}\ud800`)
    expect(text(dir, 'comment/0.txt')).toBe(long)
  })

  it('keeps the order of 1,000 flags at once and gives each its own count', async () => {
    const dir = temporary()
    const logger = await loggerFor(dir, components('i', 'file'))
    const counts = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        logger.flag([i, i % 50 === 0 ? fileOf(`${i}`) : null]),
      ),
    )
    await logger.close()
    expect(counts).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    const rows = records(dir, 'logs.csv').slice(1)
    expect(rows.map(([i]) => Number(i))).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    const uploads = rows.filter(([, path]) => path !== '')
    expect(uploads.map(([, path]) => text(dir, path!))).toEqual(uploads.map(([i]) => i))
    expect(uploads).toHaveLength(20)
  })

  it('never mixes headers or types, and goes back to a file whose header returns', async () => {
    const dir = temporary()
    const one = components('a', 'b')
    const two = components('a', 'c')
    const three = typed('text', 'a', 'b')
    const logger = await loggerFor(dir)
    const flag = (of: typeof one, option?: string) =>
      logger.flag(['1', '2'], option, undefined, details(dir, of))
    expect(await flag(one)).toBe(1)
    expect(await flag(two)).toBe(2)
    expect(await flag(three)).toBe(3)
    expect(await flag(one, 'bad')).toBe(4)
    await logger.close()
    const again = await loggerFor(dir, one)
    expect(await again.flag([3, 4])).toBe(5)
    expect(await again.flag(['3', '4'], undefined, undefined, details(dir, three))).toBe(6)
    await again.close()
    expect(text(dir, 'logs.csv')).toBe("a,b\n'1,'2\n3,4\n")
    expect(text(dir, 'logs2.csv')).toBe("a,c\n'1,'2\n")
    expect(text(dir, 'logs3.csv')).toBe('a,b\n1,2\n3,4\n')
    expect(text(dir, 'logs4.csv')).toBe("a,b,flag_option\n'1,'2,bad\n")
    expect(names(dir).filter((name) => name.endsWith('.csv'))).toHaveLength(4)
  })

  it('appends untyped rows to a log of unknown origin, typed ones to their own', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'logs.csv'), 'num1,operation,num2,Output\n5,add,7,12\n')
    const logger = await loggerFor(dir)
    expect(await logger.flag([1, 'add', 1, 2])).toBe(2)
    const types = typed('text', 'num1', 'operation', 'num2', 'Output')
    expect(
      await logger.flag(['1', 'add', '1', '2'], undefined, undefined, details(dir, types)),
    ).toBe(3)
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe('num1,operation,num2,Output\n5,add,7,12\n1,add,1,2\n')
    expect(text(dir, 'logs2.csv')).toBe('num1,operation,num2,Output\n1,add,1,2\n')
  })

  it('takes the next number where a file name is taken, and remembers it', async () => {
    const dir = temporary()
    mkdirSync(join(dir, 'b'))
    for (const n of [0, 1, 3]) writeFileSync(join(dir, 'b', `${n}.png`), 'somebody else')
    const logger = await loggerFor(dir, components('a', 'b'))
    const flag = () => logger.flag([fileOf(PNG), fileOf(PNG)])
    expect(await flag()).toBe(1)
    expect(await flag()).toBe(2)
    await logger.close()
    const again = await loggerFor(dir, components('a', 'b'))
    expect(await again.flag([fileOf(PNG), fileOf(PNG)])).toBe(3)
    await again.close()
    expect(text(dir, 'logs.csv')).toBe('a,b\na/2.png,b/2.png\na/4.png,b/4.png\na/5.png,b/5.png\n')
    expect(names(dir, 'a')).toEqual(['2.png', '4.png', '5.png'])
    expect(JSON.parse(text(dir, '.flagging/components.json'))).toMatchObject({ skipped: 3 })
  })

  it('finds a free number behind any number of taken ones', async () => {
    const dir = temporary()
    mkdirSync(join(dir, 'a'))
    for (let n = 0; n < 100; n++) writeFileSync(join(dir, 'a', `${n}.png`), 'somebody else')
    const logger = await loggerFor(dir, components('a'))
    await logger.flag([fileOf(PNG)])
    await logger.close()
    expect(text(dir, 'logs.csv')).toBe('a\na/100.png\n')
  })

  it('makes files 0600 and folders 0700, whatever the umask', async () => {
    for (const umask of [0o000, 0o077, 0o277]) {
      const before = process.umask(umask)
      const dir = join(temporary(), 'deep', 'flagged')
      try {
        const logger = await loggerFor(dir, components('a'))
        await logger.flag([fileOf(PNG)])
        await logger.close()
      } finally {
        process.umask(before)
      }
      for (const path of ['..', '.', '.flagging', 'a']) expect(modeOf(dir, path)).toBe('700')
      for (const path of ['logs.csv', 'a/0.png', '.flagging/lock', '.flagging/components.json']) {
        expect(modeOf(dir, path)).toBe('600')
      }
    }
  })

  it('fails a sample alone that has itself to blame', async () => {
    const dir = temporary()
    const logger = await loggerFor(dir, components('a', 'b'))
    const broken = (size: number): FlaggedFile => ({
      name: undefined,
      type: 'image/png',
      size,
      bytes: () => Promise.reject(new Error('gone')),
      saveTo: () => Promise.reject(new Error('gone')),
      stream: () =>
        new ReadableStream({ start: (c) => (size > 1 ? c.error(new Error('gone')) : c.close()) }),
    })
    const results = await Promise.allSettled([
      logger.flag([1, fileOf(PNG)]),
      logger.flag([2, [fileOf(PNG), broken(10)]]),
      logger.flag([3, broken(1)]),
      logger.flag([4, fileOf(PNG)]),
      logger.flag([5]),
    ])
    await logger.close()
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      false,
      false,
      true,
      false,
    ])
    expect(results[1]).toMatchObject({ reason: { code: 'ERR_FLAGGING_STORE' } })
    expect(results[4]).toMatchObject({ reason: { code: 'ERR_FLAGGING_BAD_REQUEST' } })
    expect(text(dir, 'logs.csv')).toBe('a,b\n1,b/0.png\n4,b/1.png\n')
    expect(names(dir, 'b')).toEqual(['0.png', '1.png'])
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'sizes', 'turn'])
  })

  it('serves several datasets, and two loggers share one', async () => {
    const dir = temporary()
    const first = await loggerFor(join(dir, 'one'))
    await first.setup(CALCULATOR, join(dir, 'two'))
    const second = await loggerFor(join(dir, 'one'))
    const flags: Promise<number>[] = []
    for (let i = 0; i < 100; i++) {
      flags.push(
        first.flag([i, 'first', 0, 0], undefined, undefined, details(join(dir, 'one'), CALCULATOR)),
      )
      flags.push(first.flag([i, 'first', 0, 0]))
      flags.push(second.flag([i, 'second', 0, 0]))
      if (i % 10 === 0) await Promise.all(flags)
    }
    const counts = await Promise.all(flags)
    await Promise.all([first.close(), second.close()])
    expect(records(dir, 'one/logs.csv')).toHaveLength(201)
    expect(records(dir, 'two/logs.csv')).toHaveLength(101)
    expect(new Set(counts.filter((_, index) => index % 3 !== 1)).size).toBe(200)
  })

  it('shares a dataset with worker threads', async () => {
    const dir = temporary()
    const code = `
      const { CSVLogger } = await import(${JSON.stringify(new URL('../src/store/csv-logger.ts', import.meta.url))})
      const logger = new CSVLogger({ fsync: 'none' })
      await logger.setup(${JSON.stringify(components('a'))}, ${JSON.stringify(dir)})
      for (let i = 0; i < 100; i++) await logger.flag([i])
      await logger.close()`
    const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
    const ended = [1, 2].map(() => {
      const worker = new Worker(url)
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    })
    const logger = await loggerFor(dir, components('a'), { fsync: 'none' })
    for (let i = 0; i < 100; i++) await logger.flag([i])
    expect(await Promise.all(ended)).toEqual([0, 0])
    expect(await logger.flag([0])).toBe(301)
    await logger.close()
    expect(records(dir, 'logs.csv')).toHaveLength(302)
  })

  it('brings files, folders and the component list to the disk before the row', async () => {
    const dir = temporary()
    const calls: string[] = []
    const disk = watchedFileSystem(({ name, path }) => {
      if (/^(?:write|sync|datasync|link|rename|syncDirectory)$/.test(name)) {
        calls.push(`${name} ${relative(dir, path).replace(/[\w-]{12}\.tmp/, 'staged')}`)
      }
    })
    const logger = new CSVLogger({}, disk)
    await logger.setup(components('a'), join(dir, 'd'))
    await logger.flag([fileOf(PNG)])
    expect(calls.splice(0)).toEqual([
      'syncDirectory ',
      'syncDirectory d',
      // Again, and what is above it: another process may have made them.
      'syncDirectory ',
      'syncDirectory ..',
      'write d/.flagging/staged',
      'sync d/.flagging/staged',
      'link d/a/0.png',
      'syncDirectory d/a',
      'write d/.flagging/sizes',
      'write d/.flagging/staged',
      'sync d/.flagging/staged',
      'rename d/.flagging/components.json',
      'syncDirectory d/.flagging',
      'syncDirectory d',
      'write d/logs.csv',
      'datasync d/logs.csv',
    ])
    await Promise.all([logger.flag([1]), logger.flag([2]), logger.flag([3])])
    expect(calls).toEqual(['write d/logs.csv', 'datasync d/logs.csv'])
    await logger.close()
  })

  it('syncs with fsync none what is made once, and no rows or files', async () => {
    const dir = temporary()
    const syncs: string[] = []
    const disk = watchedFileSystem(({ name, path }) => {
      if (/sync/i.test(name)) syncs.push(`${name} ${relative(dir, path)}`)
    })
    const logger = new CSVLogger({ fsync: 'none' }, disk)
    await logger.setup(components('a'), dir)
    await logger.flag([fileOf(PNG)])
    const staged = expect.stringMatching(/^sync .flagging\/[\w-]{12}\.tmp$/) as string
    expect(syncs.splice(0)).toEqual([staged, 'syncDirectory .flagging', 'syncDirectory '])
    await logger.flag([fileOf(PNG)])
    await logger.flag(['x'])
    expect(syncs).toEqual([])
    // Of several logs no two have rows that are not synced.
    const other = details(dir, components('b'))
    await logger.flag([1], undefined, undefined, other)
    expect(syncs.splice(0).slice(2)).toEqual(['syncDirectory ', 'datasync logs.csv'])
    await logger.flag([2], undefined, undefined, other)
    await logger.close()
    expect(syncs).toEqual([])
  })

  it('writes no more than 4 MiB without a sync, so that no hole is further from the end', async () => {
    for (const fsync of ['none', 'batch'] as const) {
      const dir = temporary()
      const unsynced: number[] = []
      let bytes = 0
      const disk = watchedFileSystem(({ name, path }) => {
        if (!path.endsWith('logs.csv')) return undefined
        if (name === 'datasync') unsynced.push(bytes)
        if (name === 'datasync') bytes = 0
        if (name === 'write') bytes += 2 ** 20
        return name === 'write' ? { short: 2 ** 20 } : undefined
      })
      const logger = new CSVLogger({ fsync }, disk)
      const cells = Array.from({ length: 95 }, (_, index) => `c${index}`)
      await logger.setup(components(...cells), dir)
      await logger.flag(cells.map(() => 'x'.repeat(99_000)))
      await logger.flag(cells.map(() => 'y'.repeat(99_000)))
      await logger.close()
      expect(Math.max(...unsynced)).toBe(4 * 2 ** 20)
      expect(unsynced.length).toBeGreaterThanOrEqual(4)
      expect(records(dir, 'logs.csv')).toHaveLength(3)
    }
  })

  it('knows the widest component list after a restart', async () => {
    const dir = temporary()
    const logger = await loggerFor(dir)
    expect(await logger.known(dir)).toBeUndefined()
    const wide = [
      { label: 'a', type: 'image', role: 'input', from: { body: 'x' } },
      { label: 'b', type: 'any', role: 'output', from: () => null },
    ] as const
    await logger.flag([1], undefined, undefined, details(dir, components('a')))
    await logger.flag([1, 2], undefined, undefined, details(dir, [...wide]))
    await logger.close()
    const [first, second] = (await new CSVLogger().known(dir)) ?? []
    expect(first).toEqual(wide[0])
    expect(second).toEqual({ label: 'b', type: 'any', role: 'output' })
  })

  it('refuses what is no directory, no regular log, or already a column', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'file'), '')
    mkdirSync(join(dir, 'a', 'logs.csv'), { recursive: true })
    mkdirSync(join(dir, 'b'))
    writeFileSync(join(dir, 'target.csv'), 'num1,operation,num2,Output\n')
    symlinkSync(join(dir, 'target.csv'), join(dir, 'b', 'logs.csv'))
    const logger = new CSVLogger({ columns: ['status'] })
    const codeOf = (run: Promise<unknown>) => run.catch(({ code }: { code: string }) => code)
    expect(await codeOf(logger.setup(CALCULATOR, join(dir, 'file')))).toBe('ERR_FLAGGING_OPTION')
    for (const place of ['file/below', '\0']) {
      expect(await codeOf(logger.setup(CALCULATOR, join(dir, place)))).toBe('ERR_FLAGGING_OPTION')
    }
    for (const labels of [['status'], ['a', 'b', 'a']]) {
      expect(await codeOf(logger.setup(components(...labels), dir))).toBe('ERR_FLAGGING_OPTION')
    }
    for (const name of ['a', 'b']) {
      expect(await codeOf(logger.setup(CALCULATOR, join(dir, name)))).toBe('ERR_FLAGGING_STORE')
      const flag = logger.flag(
        [1, 2, 3, 4],
        undefined,
        undefined,
        details(join(dir, name), CALCULATOR),
      )
      expect(await codeOf(flag)).toBe('ERR_FLAGGING_STORE')
    }
    expect(text(dir, 'target.csv')).toBe('num1,operation,num2,Output\n')
    const username = logger.flag([1], undefined, 'ann', details(dir, components('username')))
    expect(await codeOf(username)).toBe('ERR_FLAGGING_OPTION')
    await logger.close()
    expect(await codeOf(logger.flag([1]))).toBe('ERR_FLAGGING_CLOSED')
    expect(await codeOf(new CSVLogger().flag([1]))).toBe('ERR_FLAGGING_OPTION')
  })

  it('never stores a file through a symbolic link', async () => {
    const dir = temporary()
    mkdirSync(join(dir, 'outside'))
    mkdirSync(join(dir, 'flagged'))
    symlinkSync(join(dir, 'outside'), join(dir, 'flagged', 'a'))
    const logger = await loggerFor(join(dir, 'flagged'), components('a'))
    await expect(logger.flag([fileOf(PNG)])).rejects.toMatchObject({ code: 'ERR_FLAGGING_STORE' })
    expect(await logger.flag([1])).toBe(1)
    await logger.close()
    expect(names(dir, 'outside')).toEqual([])
  })

  it('throws at wrong options and names what there is', () => {
    const make = (options: object) => () => new CSVLogger(options)
    expect(make({ fsyncs: 'none' })).toThrow(/columns, fsync, activeContent and exclusive/)
    expect(make({ columns: ['time'] })).toThrow(/timestamp, id, endpoint/)
    expect(make({ columns: 'id' })).toThrow(/list/)
    expect(make({ columns: ['id', 'id'] })).toThrow(/once/)
    expect(make({ fsync: 'always' })).toThrow(/batch/)
    expect(make({ exclusive: 1 })).toThrow(/exclusive/)
  })

  it('needs the native lock unless it is the only writer', async () => {
    const dir = temporary()
    const disk = { ...nodeFileSystem, lockProblem: () => new Error('no addon for this platform') }
    await expect(new CSVLogger({}, disk).setup(CALCULATOR, dir)).rejects.toMatchObject({
      code: 'ERR_FLAGGING_LOCK',
      message: expect.stringContaining('exclusive: true') as string,
    })
    const logger = new CSVLogger({ exclusive: true }, disk)
    await logger.setup(CALCULATOR, dir)
    expect(await logger.flag([1, 2, 3, 4])).toBe(1)
    await logger.close()
    expect(names(dir, '.flagging')).toEqual(['components.json'])
  })
})
