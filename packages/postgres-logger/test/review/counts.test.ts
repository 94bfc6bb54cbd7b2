import { describe, expect, test } from 'vitest'
import { type Given, counted, reviewedStore, walk } from './support.ts'

const GIVEN: readonly Given[] = [
  { prompt: 'red', option: 'good', user: 'ann', at: '2026-01-01T00:00:00Z' },
  { prompt: 'green', option: 'bad', user: 'bob', at: '2026-01-01T23:59:59.999Z' },
  { prompt: 'a red car', option: 'good', user: null, at: '2026-01-02T00:00:00Z' },
  { prompt: 'blue', option: 'bad', user: null, at: '2026-02-03T04:05:06Z' },
  { prompt: 'red', option: 'good', user: 'ann', at: '2027-01-01T00:00:00Z' },
]

const ALL = {
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
}

describe('counts', () => {
  test('tell how many of each kind there are, and go on with what comes in', async () => {
    const { review, store } = await reviewedStore()
    await store(GIVEN)
    expect(await counted(review)).toEqual(ALL)
    await store([{ option: 'bad' }, { option: 'bad', folder: 'ask', at: '2024-01-01' }])
    expect(await counted(review)).toMatchObject({
      total: 7,
      options: [{ value: 'bad', count: 4 }, { value: 'good' }],
      datasets: [
        { value: null, count: 6 },
        { value: 'ask', count: 1 },
      ],
      days: [{ day: '2024-01-01', count: 1 }, { day: '2026-01-01', count: 3 }, {}, {}, {}],
    })
    expect((await counted(review, { dataset: 'ask' })).total).toBe(1)
  })

  test('follow what is marked and deleted, by whomever, as if all were counted anew', async () => {
    const { review, another, store, database } = await reviewedStore()
    await store(GIVEN)
    const filters = [
      {},
      { marks: 'open' },
      { marks: 'reviewed' },
      { marks: 'noted' },
      { option: 'good' },
      { user: 'ann', marks: 'open' },
      { user: '' },
      { words: ['red'] },
      { from: Date.UTC(2026, 0, 2) },
      { to: Date.UTC(2026, 0, 2), option: 'bad' },
      { dataset: '', marks: 'reviewed' },
    ] as const
    const check = async () => {
      for (const filter of filters) {
        expect([filter, await counted(review, filter)]).toEqual([
          filter,
          await counted(another(), filter),
        ])
      }
    }
    await check()
    const samples = await walk(review)
    const mark = (at: number, reviewed: boolean, note: string | null) =>
      another().mark(samples[at]?.key ?? '', {
        reviewed,
        note,
        by: 'rev',
        at: '2026-11-27T00:00:00Z',
      })
    await mark(0, true, null)
    await mark(1, false, 'look')
    await mark(3, true, 'seen')
    await check()
    expect(await counted(review)).toMatchObject({ total: 5, reviewed: 2 })
    expect((await counted(review, { marks: 'open' })).total).toBe(3)
    await mark(0, false, null)
    await mark(1, true, 'look again')
    await mark(3, true, null)
    await check()
    await another().remove([samples[0]?.key ?? '', samples[3]?.key ?? ''])
    await check()
    // One that came in, was marked and deleted before anybody has counted it.
    await store([{ user: 'zoe' }, { user: 'ann' }])
    const [first] = await walk(review, 'user=zoe')
    await another().mark(first?.key ?? '', {
      reviewed: true,
      note: null,
      by: null,
      at: '2026-11-27',
    })
    await another().remove([first?.key ?? ''])
    await check()
    await database.query("delete from flagging.samples where username = 'ann'")
    await check()
    expect((await counted(review)).users).toEqual([{ value: null, count: 2 }])
  })

  test('count each sample once, however many ask at the same time, and whatever comes in', async () => {
    const { review, store } = await reviewedStore()
    await store(Array.from({ length: 500 }, () => ({})))
    const [all] = await Promise.all([
      Promise.all([1, 2, 3, 4].map(() => counted(review))),
      store(Array.from({ length: 500 }, () => ({ at: '2025-12-31' }))),
    ])
    for (const { total } of all) expect([500, 1000]).toContain(total)
    expect((await counted(review)).total).toBe(1000)
  })

  test('are exact where they are made of many steps', async () => {
    const { review, store, database } = await reviewedStore()
    await store(GIVEN)
    await database.query(
      `insert into flagging.samples (id, at, dataset, option, username, inputs, outputs)
      select gen_random_uuid(), timestamptz '2026-03-01Z' + n * interval '1 second', 1,
        case when n % 3 = 0 then 'bad' else 'good' end, 'u' || n % 7,
        jsonb_build_object('prompt', 'x'), '{}'
      from generate_series(1, 60000) as n`,
    )
    await database.query('analyze flagging.samples')
    expect(await counted(review)).toMatchObject({
      total: 60_005,
      options: [
        { value: 'good', count: 40_003 },
        { value: 'bad', count: 20_002 },
      ],
    })
    const { days, users } = await review.counts({})
    expect(days.reduce((sum, { count }) => sum + count, 0)).toBe(60_005)
    expect(users.find(({ value }) => value === 'u0')?.count).toBe(8571)
    expect((await counted(review, { option: 'bad', user: 'u0' })).total).toBe(2857)
  })

  test('are given by the month where there are many days, and forget what a dropped partition had', async () => {
    const { review, store, database } = await reviewedStore()
    const day = (n: number) => new Date(Date.UTC(2025, 0, 1 + n)).toISOString()
    await store(Array.from({ length: 410 }, (_, n) => ({ at: day(n) })))
    const { days } = await counted(review)
    expect([days.length, days[0]]).toEqual([14, { day: '2025-01', count: 31 }])
    await database.query('drop table flagging.samples_2025_01')
    // What is known of the partitions is a few seconds old at most.
    await expect.poll(async () => (await counted(review)).total).toBe(379)
    expect((await walk(review, 'to=2025-02-01')).length).toBe(0)
  })
})
