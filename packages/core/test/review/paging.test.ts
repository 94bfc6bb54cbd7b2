import { appendFile, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { type Given, asking, deskAt, folder, ids, idsOf, pages, store, walk } from './support.ts'

/** Values that a row of which is hard to find from behind. */
const HARD = [
  'a "quoted" word',
  'two\nlines',
  '"',
  '""\n""',
  '\n,\n,"\n',
  'x,y\r\nz',
  "it's",
  '=1+1',
  'ä€😀',
  '{"a":"\\"b\\""}',
  'p,i9,good\n"q","r"\n',
  '',
]

function samples(count: number): Given[] {
  return Array.from({ length: count }, (_, n) => ({
    prompt: `${HARD[n % HARD.length]}`,
    output: { n, list: [HARD[(n * 7) % HARD.length] as string, n] },
    id: `i${n}`,
    at: new Date(1.7e12 + n * 1000).toISOString(),
  }))
}

describe('a list of samples', () => {
  for (const [limit, count] of [
    [1, 60],
    [7, 300],
    [50, 500],
    [200, 1500],
  ] as const) {
    test(`has each once, with ${limit} a page`, async () => {
      const dir = await folder()
      await store(dir, samples(count))
      const desk = deskAt(dir)
      expect(idsOf(await walk(desk, `limit=${limit}`))).toEqual(ids(count - 1, 0))
      expect(idsOf(await walk(desk, `sort=oldest&limit=${limit}`))).toEqual(ids(0, count - 1))
    })
  }

  test('has their values as they were', async () => {
    const dir = await folder()
    const given = samples(HARD.length)
    await store(dir, given)
    const found = await walk(deskAt(dir), 'sort=oldest')
    expect(found.map(({ inputs }) => inputs[0]?.value)).toEqual(
      given.map(({ prompt }) => ({ kind: 'json', value: prompt })),
    )
    expect(found.map(({ outputs }) => outputs[0]?.value)).toEqual(
      given.map(({ output }) => ({ kind: 'json', value: output })),
    )
  })

  test('looks at no more of a long log than it shows', async () => {
    const dir = await folder()
    await store(dir, samples(20_000))
    const page = await deskAt(dir).page(asking('limit=50'))
    expect(idsOf(page.samples)).toEqual(ids(19_999, 19_950))
    expect(page.searched).toBeLessThan(1000)
  })

  test('has rows that are longer than what is read at once', async () => {
    const dir = await folder()
    const long = '"\n,'.repeat(33_000)
    await store(
      dir,
      ids(0, 9).map((id) => ({ prompt: long, output: [long], id })),
    )
    for (const sort of ['newest', 'oldest']) {
      const found = await walk(deskAt(dir), `sort=${sort}&limit=3`)
      expect(idsOf(found)).toEqual(sort === 'newest' ? ids(9, 0) : ids(0, 9))
      expect(found[0]?.inputs[0]?.value).toMatchObject({ kind: 'cut', length: long.length })
    }
  })

  test('merges the logs of all datasets by time', async () => {
    const dir = await folder()
    const all = samples(90)
    await store(
      join(dir, 'a'),
      all.filter((_, n) => n % 3 === 0),
    )
    await store(
      join(dir, 'b'),
      all.filter((_, n) => n % 3 === 1),
    )
    await store(
      dir,
      all.filter((_, n) => n % 3 === 2),
    )
    for (const limit of [4, 100]) {
      expect(idsOf(await walk(deskAt(dir), `limit=${limit}`))).toEqual(ids(89, 0))
      expect(idsOf(await walk(deskAt(dir), `sort=oldest&limit=${limit}`))).toEqual(ids(0, 89))
    }
    const found = await walk(deskAt(dir), 'dataset=a')
    expect(found.map(({ dataset }) => dataset)).toEqual(found.map(() => 'a'))
    expect(found).toHaveLength(30)
  })

  test('keeps the order of rows that have no time, and takes their log for as old as it is', async () => {
    const dir = await folder()
    for (const [name, time] of [
      ['old', 1_600_000_000],
      ['new', 1_700_000_000],
    ] as const) {
      const logger = new CSVLogger({ columns: ['id'] })
      const components = [{ label: 'x', type: 'any', role: 'input' }] as const
      await logger.setup(components, join(dir, name))
      for (const n of [1, 2]) {
        const details = { components, dir: join(dir, name), id: `${name}${n}` }
        await logger.flag([n], undefined, undefined, details as never)
      }
      await logger.close()
      await utimes(join(dir, name, 'logs.csv'), time, time)
    }
    expect(idsOf(await walk(deskAt(dir)))).toEqual(['new2', 'new1', 'old2', 'old1'])
    expect(idsOf(await walk(deskAt(dir), 'sort=oldest'))).toEqual(['old1', 'old2', 'new1', 'new2'])
  })

  test('is not disturbed by rows that come in meanwhile', async () => {
    const dir = await folder()
    await store(dir, samples(100))
    const desk = deskAt(dir)
    const found: unknown[] = []
    let more = 100
    for await (const page of pages(desk, 'limit=10')) {
      found.push(...idsOf(page.samples))
      await store(dir, [{ id: `i${more++}`, at: '2030-01-01' }])
    }
    expect(found).toEqual(ids(99, 0))
  })

  test('goes on where it was when rows before it were taken out', async () => {
    const dir = await folder()
    const all = samples(300)
    await store(dir, all)
    const desk = deskAt(dir)
    const first = await desk.page(asking('limit=100'))
    const path = join(dir, 'logs.csv')
    const text = await readFile(path, 'utf8')
    // The same log without what the test takes to have been deleted.
    const kept = await folder()
    const gone = new Set(['i3', 'i50', 'i120', 'i250'])
    await store(
      kept,
      all.filter(({ id }) => !gone.has(id ?? '')),
    )
    await writeFile(path, await readFile(join(kept, 'logs.csv')))
    expect((await readFile(path, 'utf8')).length).toBeLessThan(text.length)
    const found = idsOf(first.samples)
    for (let { next } = first; next !== null;) {
      const page = await desk.page({ ...asking('limit=100'), cursor: next })
      found.push(...idsOf(page.samples))
      next = page.next
    }
    expect(new Set(found)).toEqual(new Set([...ids(299, 0).filter((id) => !gone.has(id)), 'i250']))
  })

  test('is empty where there is nothing yet', async () => {
    const dir = join(await folder(), 'flagged')
    expect(await deskAt(dir).page(asking(''))).toMatchObject({ samples: [], next: null })
    await mkdir(dir)
    await writeFile(join(dir, 'logs.csv'), '')
    expect(await deskAt(dir).page(asking(''))).toMatchObject({ samples: [], next: null })
  })
})

describe('a log that is no more what was written', () => {
  test('leaves out a row that is being written', async () => {
    const dir = await folder()
    await store(dir, samples(50))
    const path = join(dir, 'logs.csv')
    const whole = await readFile(path)
    for (const tail of ['half a row', '"an open quote', '"two\nlines', 'p,"a ""b', '"']) {
      await writeFile(path, whole)
      await appendFile(path, tail)
      const found = await walk(deskAt(dir), 'limit=20')
      expect(idsOf(found)).toEqual(ids(49, 0))
    }
  })

  test('shows all sound rows beside one that somebody broke', async () => {
    const dir = await folder()
    await store(
      dir,
      samples(400).map((one) => ({ ...one, prompt: 'plain' })),
    )
    const path = join(dir, 'logs.csv')
    const lines = (await readFile(path, 'utf8')).split('\n')
    for (const damage of ['plain,"open', 'a,b', 'plain,x"y,i,z', '\0\0\0']) {
      const broken = [...lines]
      broken[200] = damage
      await writeFile(path, broken.join('\n'))
      for (const limit of [30, 200]) {
        const found = await walk(deskAt(dir), `limit=${limit}`)
        const sound = found.filter(({ error }) => error === undefined)
        const missing = ids(399, 0).filter((id) => !idsOf(sound).includes(id))
        expect([damage, limit, missing]).toEqual([damage, limit, ['i199']])
      }
    }
  })

  test("shows Gradio's own logs", async () => {
    const fixtures = join(import.meta.dirname, '../fixtures/gradio')
    const found = await walk(deskAt(join(fixtures, 'calculator')))
    expect(found.length).toBeGreaterThan(1)
    expect(found.every(({ isOwn, error }) => !isOwn && error === undefined)).toBe(true)
    expect((await stat(join(fixtures, 'calculator'))).isDirectory()).toBe(true)
  })

  test('says why a log is left out', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'log.csv'), '1,2\n3,4\n')
    const { notices } = await deskAt(dir).about()
    expect(notices).toEqual([expect.stringContaining('log.csv has no header')])
    expect(await walk(deskAt(dir))).toEqual([])
  })
})
