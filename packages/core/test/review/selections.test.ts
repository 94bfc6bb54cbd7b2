import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addMark } from '../../src/review/marks.ts'
import { parseFilter } from '../../src/review/review-filter.ts'
import { decodeKey } from '../../src/review/sample-key.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'
import { type Given, asking, counted, deskAt, folder, ids, idsOf, store, walk } from './support.ts'

const filterOf = (query: string) => parseFilter(new URLSearchParams(query), [])

const GIVEN: readonly Given[] = [
  { id: 'i0', prompt: 'Red apples', option: 'good', user: 'ann', at: '2026-01-01T00:00:00Z' },
  { id: 'i1', prompt: 'green\napples', option: 'bad', user: 'bob', at: '2026-01-01T23:59:59.999Z' },
  { id: 'i2', prompt: 'a "RED" car', option: 'good', user: null, at: '2026-01-02T00:00:00Z' },
  { id: 'i3', prompt: 'ÄPFEL', output: { note: 'red' }, option: 'bad', at: '2026-02-03T04:05:06Z' },
  { id: 'i4', prompt: '=red', option: 'good', user: 'ann', at: '2027-01-01T00:00:00Z' },
]

describe('a selection', () => {
  const cases: readonly (readonly [query: string, found: readonly string[]])[] = [
    ['', ['i4', 'i3', 'i2', 'i1', 'i0']],
    ['option=good', ['i4', 'i2', 'i0']],
    ['option=', []],
    ['option=Good', []],
    ['user=ann', ['i4', 'i0']],
    ['user=bob&option=good', []],
    ['from=2026-01-02', ['i4', 'i3', 'i2']],
    ['to=2026-01-02', ['i1', 'i0']],
    ['from=2026-01-01T23:00:00Z&to=2026-01-02T00:00:00.001Z', ['i2', 'i1']],
    ['from=2026-01-02T01:00%2B01:00&to=2027-01-01', ['i3', 'i2']],
    ['q=red', ['i4', 'i3', 'i2', 'i0']],
    ['q=RED+apples', ['i0']],
    ['q=äpfel', ['i3']],
    ['q="red"', ['i3', 'i2']],
    ['q=apples&option=bad', ['i1']],
    ['q=.*', []],
    ['q=<svg+onload>', []],
    ['dataset=', ['i4', 'i3', 'i2', 'i1', 'i0']],
    ['dataset=none', []],
    ['dataset=..', []],
  ]
  for (const [query, found] of cases) {
    test(`'${query}' is ${found.join(' ') || 'empty'}`, async () => {
      const dir = await folder()
      await store(dir, GIVEN)
      expect(idsOf(await walk(deskAt(dir), query))).toEqual(found)
      expect((await counted(deskAt(dir), filterOf(query))).total).toBe(found.length)
    })
  }

  test('finds the same when all was counted before', async () => {
    const dir = await folder()
    const hour = (n: number) => new Date(Date.UTC(2026, 0, 1, n)).toISOString()
    await store(
      dir,
      ids(0, 8999).map((id, n) => ({
        id,
        prompt: 'a "b"\n'.repeat(60),
        option: n === 4321 || n > 8000 ? 'rare' : 'good',
        user: `u${Math.floor(n / 3000)}`,
        at: hour(n),
      })),
    )
    const queries = [
      'option=rare',
      'user=u0',
      `from=${hour(2000)}&to=${hour(2003)}`,
      'option=rare&to=2026-09-01',
      'sort=oldest&user=u2&option=good',
      'sort=slowest&option=rare&limit=200',
    ]
    const fresh = deskAt(dir)
    const known = deskAt(dir)
    await counted(known)
    for (const query of queries) {
      const expected = idsOf(await walk(fresh, query))
      expect(idsOf(await walk(known, query))).toEqual(expected)
      expect(expected.length).toBeGreaterThan(0)
      if (query.startsWith('sort')) continue
      const { total } = await counted(known, filterOf(query))
      expect(total).toBe(expected.length)
    }
    const page = await known.page(asking(`to=${hour(10)}`))
    expect([page.samples.length, page.searched]).toEqual([10, 9000])
  })

  for (const query of [
    'page=-1',
    'sort=__proto__',
    'sort=newest&sort=oldest',
    'limit=0',
    'limit=-1',
    'limit=1e9',
    'limit=201',
    'limit=NaN',
    'from=yesterday',
    'from=2026-13-01',
    'to=1e9',
    'marks=all',
    `q=${'x '.repeat(21)}`,
    `user=${'x'.repeat(1001)}`,
    'after=x&cursor=y',
    'after=x&sort=oldest',
  ]) {
    test(`'${query.slice(0, 40)}' is refused with a reason`, () => {
      expect(() => asking(query)).toThrow(
        expect.objectContaining({ code: 'ERR_FLAGGING_BAD_REQUEST' }),
      )
    })
  }

  test('refuses cursors of others, and no cursor reads anything else', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    const forged = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const { next } = await desk.page(asking('limit=1'))
    for (const cursor of [
      'x',
      '{}',
      forged(null),
      forged({ sort: 'newest', at: [['l', -1, '']] }),
    ]) {
      await expect(desk.page({ ...asking(''), cursor })).rejects.toThrow('A cursor must be')
      await expect(desk.page({ ...asking(''), after: cursor })).rejects.toThrow('A cursor must be')
    }
    await expect(desk.page({ ...asking('sort=oldest'), cursor: next ?? '' })).rejects.toThrow(
      'A cursor must be',
    )
    const places = [
      ['logs.csv', 0, ''],
      ['logs.csv', 3, 'x'],
      ['logs.csv', 2 ** 50, ''],
      ['../../etc/passwd', 10, ''],
      ['__proto__', 1, ''],
    ]
    for (const at of places) {
      const page = await desk.page({ ...asking(''), cursor: forged({ sort: 'newest', at: [at] }) })
      expect(page.samples.every(({ id }) => GIVEN.some((one) => one.id === id))).toBe(true)
    }
  })

  test('by marks follows what reviewers say', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    const [newest, second] = await walk(desk)
    const say = async (key: string | undefined, reviewed: boolean, note: string | null) =>
      addMark(nodeFileSystem, dir, decodeKey(key ?? '').hash, {
        reviewed,
        note,
        by: 'rev',
        at: '2026-11-27T00:00:00Z',
      })
    await say(newest?.key, true, null)
    await say(second?.key, false, 'look\n"again"')
    expect(idsOf(await walk(desk, 'marks=reviewed'))).toEqual(['i4'])
    expect(idsOf(await walk(desk, 'marks=open'))).toEqual(['i3', 'i2', 'i1', 'i0'])
    const [noted] = await walk(desk, 'marks=noted')
    expect(noted?.review).toMatchObject({ note: 'look\n"again"', reviewed: false, by: 'rev' })
    expect(await counted(desk, filterOf('marks=open'))).toMatchObject({ total: 4, reviewed: 1 })
    await say(newest?.key, false, null)
    expect(idsOf(await walk(desk, 'marks=reviewed'))).toEqual([])
    expect((await counted(desk, filterOf('marks=open'))).total).toBe(5)
    // Whoever asks at the same time reads each word once, and none is passed over afterwards.
    for (const note of ['a', 'b', 'c']) {
      await say(second?.key, false, note)
      const found = await Promise.all([1, 2, 3].map(() => walk(desk, 'marks=noted')))
      expect(found.map(([one]) => one?.review?.note)).toEqual([note, note, note])
    }
    // Damage costs the damaged word alone, and a line that is being written is not read yet.
    await appendFile(join(dir, '.flagging/review.jsonl'), '{"row":"x","reviewed":tr')
    await say(second?.key, true, null)
    expect(idsOf(await walk(deskAt(dir), 'marks=reviewed'))).toEqual(['i3'])
    // The log knows nothing of it.
    expect(await readFile(join(dir, 'logs.csv'), 'utf8')).not.toContain('again')
    await rm(join(dir, '.flagging/review.jsonl'))
    expect(idsOf(await walk(desk, 'marks=reviewed'))).toEqual([])
  })
})

describe('lists by duration', () => {
  test('have each sample once, in order, whatever the length of a page', async () => {
    const dir = await folder()
    const given = ids(0, 120).map((id, n) => ({ id, duration: (n * 37) % 11 }))
    await store(
      dir,
      given.filter((_, n) => n % 2 === 0),
    )
    await store(
      join(dir, 'b'),
      given.filter((_, n) => n % 2 === 1),
    )
    for (const limit of [9, 200]) {
      const slow = await walk(deskAt(dir), `sort=slowest&limit=${limit}`)
      const fast = await walk(deskAt(dir), `sort=fastest&limit=${limit}`)
      expect(new Set(idsOf(slow))).toEqual(new Set(ids(0, 120)))
      expect(slow).toHaveLength(121)
      const durations = slow.map(({ duration }) => duration ?? 0)
      expect(durations).toEqual(durations.toSorted((a, b) => b - a))
      expect(idsOf(fast)).toEqual(idsOf(slow).toReversed())
    }
    expect(await walk(deskAt(dir), 'sort=slowest&q=nowhere')).toEqual([])
  })
})

describe('counts', () => {
  test('tell how many of each kind there are, and go on with the log', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    expect(await counted(desk)).toEqual({
      total: 5,
      options: [
        { value: 'good', count: 3 },
        { value: 'bad', count: 2 },
      ],
      datasets: [{ value: null, count: 5 }],
      users: [
        { value: 'ann', count: 2 },
        { value: null, count: 2 },
        { value: 'bob', count: 1 },
      ],
      days: [
        { day: '2026-01-01', count: 2 },
        { day: '2026-01-02', count: 1 },
        { day: '2026-02-03', count: 1 },
        { day: '2027-01-01', count: 1 },
      ],
      reviewed: 0,
      done: true,
    })
    await store(dir, [{ id: 'i5', option: 'bad' }])
    await store(join(dir, 'ask'), [{ id: 'i6', option: 'bad' }])
    expect(await counted(desk)).toMatchObject({
      total: 7,
      options: [{ value: 'bad', count: 4 }, { value: 'good' }],
      datasets: [{ count: 6 }, { value: 'ask', count: 1 }],
    })
    await rm(join(dir, 'ask'), { recursive: true })
    expect((await counted(desk)).total).toBe(6)
  })

  test('count each row once, however many ask at the same time', async () => {
    const dir = await folder()
    await store(
      dir,
      ids(0, 2999).map((id) => ({ id, prompt: 'x'.repeat(500) })),
    )
    const desk = deskAt(dir)
    for (const more of [0, 1000]) {
      if (more > 0)
        await store(
          dir,
          ids(3000, 3999).map((id) => ({ id, prompt: 'y'.repeat(900) })),
        )
      const all = await Promise.all([1, 2, 3, 4].map(() => counted(desk)))
      expect(all.map(({ total }) => total)).toEqual([1, 2, 3, 4].map(() => 3000 + more))
    }
  })

  test('are given by the month where there are many days', async () => {
    const dir = await folder()
    const day = (n: number) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString()
    await store(
      dir,
      Array.from({ length: 800 }, (_, n) => ({ at: day(n) })),
    )
    const { days } = await counted(deskAt(dir))
    expect(days.length).toBe(27)
    expect(days[0]).toEqual({ day: '2020-01', count: 31 })
  })
})

describe('what came in since', () => {
  test('is given once, the newest first, and only what is asked for', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    const asked = asking('option=bad')
    let { newest } = await desk.page(asked)
    const since = async () => {
      const page = await desk.page({ ...asked, after: newest })
      newest = page.newest
      return [idsOf(page.samples), page.reset, page.next]
    }
    expect(await since()).toEqual([[], undefined, null])
    await store(dir, [
      { id: 'i5', option: 'bad' },
      { id: 'i6', option: 'good' },
      { id: 'i7', option: 'bad' },
    ])
    expect(await since()).toEqual([['i7', 'i5'], undefined, null])
    expect(await since()).toEqual([[], undefined, null])
    // A row that is being written comes when it is whole.
    const path = join(dir, 'logs.csv')
    const [last = ''] = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-1)
    await appendFile(path, last.slice(0, 4))
    expect(await since()).toEqual([[], undefined, null])
    await appendFile(path, `${last.slice(4)}\n`)
    expect(await since()).toEqual([['i7'], undefined, null])
  })

  test('cannot be told after rows were deleted, nor of a new dataset: then all is asked for', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    const { newest } = await desk.page(asking(''))
    await store(join(dir, 'ask'), [{ id: 'i5' }])
    const page = await desk.page({ ...asking(''), after: newest })
    expect([page.samples, page.reset]).toEqual([[], true])
    await rm(join(dir, 'logs.csv'))
    expect(await desk.page({ ...asking(''), after: page.newest })).toMatchObject({ reset: true })
  })
})

describe('the key of a sample', () => {
  test('names it also when rows before it are gone', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const desk = deskAt(dir)
    const [newest, , third] = await walk(desk)
    await rm(join(dir, 'logs.csv'))
    await store(dir, GIVEN.slice(2))
    expect(await desk.sample(newest?.key ?? '')).toMatchObject({ id: 'i4' })
    expect(await desk.sample(third?.key ?? '')).toMatchObject({ id: 'i2' })
    await rm(join(dir, 'logs.csv'))
    await store(dir, GIVEN.slice(3))
    await expect(desk.sample(third?.key ?? '')).rejects.toThrow('There is no such sample.')
  })

  test('gives values whole that a list cuts', async () => {
    const dir = await folder()
    const prompt = 'x'.repeat(50_000)
    await store(dir, [{ prompt, output: [prompt] }, { prompt: 'y'.repeat(300_000) }])
    const desk = deskAt(dir)
    const [large, cut] = await walk(desk)
    expect(cut?.inputs[0]?.value).toMatchObject({ kind: 'cut', length: 50_000 })
    const whole = await desk.sample(cut?.key ?? '')
    expect(whole.inputs[0]?.value).toEqual({ kind: 'json', value: prompt })
    expect(whole.outputs[0]?.value).toEqual({ kind: 'json', value: [prompt] })
    // What did not fit into a cell is a file beside the log.
    expect(large?.inputs[0]?.value).toMatchObject({
      kind: 'files',
      files: [{ type: 'text/plain', size: 300_000 }],
    })
  })

  test('that is none, or of another store, is not found', async () => {
    const dir = await folder()
    await store(dir, GIVEN)
    const hash = 'A'.repeat(22)
    const of = (value: unknown): string =>
      `${Buffer.from(JSON.stringify(value)).toString('base64url')}.${hash}`
    const keys = [
      '',
      'x',
      `.${hash}`,
      of(null),
      of(['', 'logs.csv', -1]),
      of(['', 'logs.csv', 9e15]),
    ]
    keys.push(of(['..', 'logs.csv', 0]), of(['', '../logs.csv', 0]), of(['', '.flagging/lock', 0]))
    for (const key of keys) {
      await expect(deskAt(dir).sample(key)).rejects.toThrow('There is no such sample.')
    }
  })
})
