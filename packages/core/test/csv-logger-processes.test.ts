import { existsSync, readFileSync, statSync } from 'node:fs'
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

const JOB: Omit<WriterJob, 'dir' | 'name'> = {
  flags: 300,
  concurrency: 8,
  size: 600,
  width: 1,
  files: true,
}

/** The values of a log of which every row is whole and every file is a row's own. */
function valuesOf(dir: string, { width, size }: Pick<WriterJob, 'width' | 'size'> = JOB): string[] {
  const [header, ...rows] = records(dir, 'logs.csv')
  expect(header).toHaveLength(2 + width)
  const paths = rows.map(([, path]) => path!).filter((path) => path !== '')
  expect(new Set(paths).size).toBe(paths.length)
  const values: string[] = []
  for (const [value = '', path, ...fillers] of rows) {
    values.push(value)
    expect(path === '' ? value : readFileSync(join(dir, path!), 'utf8')).toBe(value)
    const broken = fillers.filter((cell) => cell.length !== size || /[^a "b\n]/.test(cell))
    expect(value === 'last' ? [] : broken).toEqual([])
  }
  expect(new Set(values).size).toBe(values.length)
  return values
}

/** Kills a writer at its nth acknowledgement; gives what it had acknowledged. */
async function killAt(nth: number, job: WriterJob, when = () => {}): Promise<string[]> {
  const child = startWriter({ ...job, flags: 1e9 })
  let left = nth
  return linesOf(child, () => {
    if (--left > 0 || child.killed) return
    // The writer goes on while we hear of it, so this may strike anywhere.
    when()
    child.kill('SIGKILL')
  })
}

async function flagLast(
  dir: string,
  width: number,
): Promise<{ count: number; reports: unknown[] }> {
  const reports: unknown[] = []
  const logger = new CSVLogger()
  logger.onError = (error) => reports.push(error)
  const fillers = Array.from({ length: width }, (_, i) => `filler ${i}`)
  await logger.setup(components('value', 'upload', ...fillers), dir)
  const count = await logger.flag(['last', null, ...fillers])
  await logger.close()
  return { count, reports }
}

describe('three processes on one directory', () => {
  it('make one header, whole rows, and numbers that none shares', async () => {
    const dir = join(temporary(), 'flagged')
    const jobs = ['a', 'b', 'c'].map((name) => ({ ...JOB, dir, name }))
    const acknowledged = (await Promise.all(jobs.map((job) => linesOf(startWriter(job))))).flat()
    expect(acknowledged).toHaveLength(900)
    const found = valuesOf(dir)
    expect(found.toSorted()).toEqual(acknowledged.toSorted())
    for (const { name } of jobs) {
      const own = found.filter((value) => value.startsWith(name))
      expect(own).toEqual(Array.from({ length: 300 }, (_, i) => `${name}-${i}`))
    }
    const numbers = names(dir, 'upload').map((name) => parseInt(name, 10))
    expect(numbers.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 900 }, (_, i) => i))
    expect(names(dir, '.flagging')).toEqual(['components.json', 'lock', 'sizes', 'turn'])
    expect(names(dir)).toEqual(['.flagging', 'logs.csv', 'upload'])
  })
})

describe('a process that is killed', () => {
  it.each([false, true])('leaves what it acknowledged, whole (files: %s)', async (files) => {
    const dir = join(temporary(), 'flagged')
    const acknowledged: string[] = []
    for (let round = 0; round < 4; round++) {
      const job = { ...JOB, files, dir, name: `${round}` }
      acknowledged.push(...(await killAt(3 + round * 7, job)))
    }
    const { count } = await flagLast(dir, 1)
    const found = valuesOf(dir)
    expect(count).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining([...acknowledged, 'last']))
  })

  it('in the middle of a write leaves nothing that looks like a row', async () => {
    const dir = join(temporary(), 'flagged')
    const log = join(dir, 'logs.csv')
    const wide = { ...JOB, size: 99_000, width: 20, concurrency: 1, files: false, dir }
    const acknowledged: string[] = []
    for (let round = 0; round < 2; round++) {
      const grows = (): void => {
        const { size } = statSync(log)
        const end = performance.now() + 5000
        while (statSync(log).size === size && performance.now() < end);
      }
      acknowledged.push(...(await killAt(1, { ...wide, name: `${round}` }, grows)))
    }
    const { count } = await flagLast(dir, wide.width)
    const found = valuesOf(dir, wide)
    expect(count).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining([...acknowledged, 'last']))
  })

  it('holds up no other: they go on, and lose nothing', async () => {
    const dir = join(temporary(), 'flagged')
    const survivor = linesOf(startWriter({ ...JOB, dir, name: 'survivor', flags: 1000 }))
    const acknowledged: string[] = []
    for (let round = 0; round < 3; round++) {
      acknowledged.push(...(await killAt(20, { ...JOB, dir, name: `${round}` })))
    }
    expect(await survivor).toHaveLength(1000)
    expect(valuesOf(dir)).toEqual(expect.arrayContaining(acknowledged))
    expect(existsSync(join(dir, 'logs2.csv'))).toBe(false)
  })
})
