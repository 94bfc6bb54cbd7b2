import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SimpleCSVLogger } from '../src/store/simple-csv-logger.ts'
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
} from './csv-logger-support.ts'

describe('SimpleCSVLogger', () => {
  it('writes values alone and counts them, over restarts too', async () => {
    const dir = join(temporary(), 'flagged')
    for (const start of [0, 2]) {
      const logger = new SimpleCSVLogger()
      logger.setup(CALCULATOR, dir)
      expect(await logger.flag([5, 'add', 7, 12], 'ignored', 'ignored')).toBe(start + 1)
      expect(await logger.flag(['=1', 'a\nb', null, false])).toBe(start + 2)
    }
    const rows = `5,add,7,12\n'=1,"a\nb",,false\n`
    expect(text(dir, 'log.csv')).toBe(rows + rows)
    expect(modeOf(dir, 'log.csv')).toBe('600')
  })

  it('stores files beside the log, and never over others', async () => {
    const dir = temporary()
    mkdirSync(join(dir, 'im'))
    writeFileSync(join(dir, 'im', '0.png'), 'left behind')
    const logger = new SimpleCSVLogger()
    logger.setup(components('im', 'Output'), dir)
    await logger.flag([fileOf(PNG), [fileOf('a', 'text/plain'), fileOf('<svg/>', 'image/svg+xml')]])
    expect(records(dir, 'log.csv')).toEqual([['im/1.png', '["Output/0-0.txt","Output/0-1.bin"]']])
    expect(names(dir, 'Output')).toEqual(['0-0.txt', '0-1.bin'])
    expect(text(dir, 'im/0.png')).toBe('left behind')
  })

  it('takes flags at once, one after the other, and goes on after one that fails', async () => {
    const dir = temporary()
    const logger = new SimpleCSVLogger()
    logger.setup(components('a'), dir)
    const broken = { ...fileOf(PNG), size: 1, stream: () => ReadableStream.from([]) }
    const gone = { ...broken, bytes: () => Promise.reject(new Error('gone')) }
    const failed = { ...gone, saveTo: () => Promise.reject(new Error('gone')) }
    const flags = Array.from({ length: 50 }, (_, i) => logger.flag([i === 20 ? failed : i]))
    const counts = (await Promise.allSettled(flags)).map(
      (flag) => flag.status === 'fulfilled' && flag.value,
    )
    expect(counts[20]).toBe(false)
    expect(counts.toSpliced(20, 1)).toEqual(Array.from({ length: 49 }, (_, i) => i + 1))
    const other = details(join(dir, 'other'), components('a'))
    expect(await logger.flag([null], undefined, undefined, other)).toBe(1)
    expect(text(dir, 'other', 'log.csv')).toBe('null\n')
    expect(records(dir, 'log.csv')).toHaveLength(49)
  })
})
