import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CSVLogger } from '../src/store/csv-logger.ts'
import {
  type WriterJob,
  components,
  linesOf,
  names,
  records,
  startWriter,
  temporary,
} from './csv-logger-support.ts'

const HEADER = ['value', 'filler', 'upload']
const JOB: Omit<WriterJob, 'dir' | 'name'> = { flags: 300, concurrency: 8, size: 600, files: true }

/** Every row is whole, and every file it names is its own. */
function check(dir: string): string[] {
  const [header, ...rows] = records(dir, 'logs.csv')
  expect(header).toEqual(HEADER)
  const paths = new Set<string>()
  for (const [value, filler = '', path] of rows) {
    expect(value === 'last' ? '' : filler.replaceAll('a "b"\n', '')).toBe('')
    if (path === '' || path === undefined) continue
    expect(paths.has(path)).toBe(false)
    paths.add(path)
    expect(readFileSync(join(dir, path), 'utf8')).toBe(value)
  }
  return rows.map(([value = '']) => value)
}

describe('three processes on one directory', () => {
  it('make one header, whole rows, and numbers that none shares', async () => {
    const dir = join(temporary(), 'flagged')
    const jobs = ['a', 'b', 'c'].map((name) => ({ ...JOB, dir, name }))
    const acknowledged = (await Promise.all(jobs.map((job) => linesOf(startWriter(job))))).flat()
    expect(acknowledged).toHaveLength(900)
    const found = check(dir)
    expect(found.toSorted()).toEqual(acknowledged.toSorted())
    for (const { name } of jobs) {
      const own = found.filter((value) => value.startsWith(name))
      expect(own).toEqual(Array.from({ length: 300 }, (_, i) => `${name}-${i}`))
    }
    const numbers = names(dir, 'upload')
      .map((name) => parseInt(name, 10))
      .toSorted((x, y) => x - y)
    expect(numbers).toEqual(Array.from({ length: 900 }, (_, i) => i))
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'turn'])
    expect(names(dir)).toEqual(['.flagging', 'logs.csv', 'upload'])
  })
})

describe('a process that is killed', () => {
  const kinds = [
    { size: 60, files: false },
    { size: 60, files: true },
    { size: 99_000, files: false },
  ]

  it.each(kinds)('leaves what it acknowledged, whole (%o)', async (kind) => {
    const dir = join(temporary(), 'flagged')
    const acknowledged: string[] = []
    for (let round = 0; round < 4; round++) {
      const child = startWriter({ ...JOB, ...kind, dir, name: `${round}`, flags: 1e9 })
      // It goes on while we hear of this one, so the kill may strike anywhere.
      let left = 3 + round * 7
      acknowledged.push(
        ...(await linesOf(child, () => void (--left === 0 && child.kill('SIGKILL')))),
      )
    }
    const logger = new CSVLogger()
    logger.onError = () => undefined
    await logger.setup(components(...HEADER), dir)
    const count = await logger.flag(['last', '', null])
    await logger.close()
    const found = check(dir)
    expect(count).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining([...acknowledged, 'last']))
    expect(new Set(found).size).toBe(found.length)
  })

  it('holds up no other: they go on, and lose nothing', async () => {
    const dir = join(temporary(), 'flagged')
    const survivor = linesOf(startWriter({ ...JOB, dir, name: 'survivor', flags: 1000 }))
    const acknowledged: string[] = []
    for (let round = 0; round < 3; round++) {
      const child = startWriter({ ...JOB, dir, name: `${round}`, flags: 1e9 })
      let left = 20
      acknowledged.push(
        ...(await linesOf(child, () => void (--left === 0 && child.kill('SIGKILL')))),
      )
    }
    expect(await survivor).toHaveLength(1000)
    expect(check(dir)).toEqual(expect.arrayContaining(acknowledged))
    expect(existsSync(join(dir, 'logs2.csv'))).toBe(false)
  })
})
