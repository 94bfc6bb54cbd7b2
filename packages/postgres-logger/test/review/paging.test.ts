import { describe, expect, onTestFinished, test } from 'vitest'
import { type Given, asking, ids, idsOf, pages, reviewedStore, walk } from './support.ts'

function samples(count: number, step = 1000): Given[] {
  return ids(0, count - 1).map((id, n) => ({
    id,
    prompt: `number ${n}`,
    at: new Date(1.7e12 + n * step).toISOString(),
  }))
}

const DAY = 86_400_000

describe('a list of samples', () => {
  test('has each once, however long its pages are, also over many partitions', async () => {
    const { review, store } = await reviewedStore()
    // Two years and more: some partitions have none of them.
    await store(samples(60, 14 * DAY))
    for (const limit of [1, 7, 60, 200]) {
      expect(idsOf(await walk(review, `limit=${limit}`))).toEqual(ids(59, 0))
      expect(idsOf(await walk(review, `sort=oldest&limit=${limit}`))).toEqual(ids(0, 59))
    }
    const page = await review.page(asking('limit=60'))
    expect([page.samples.length, page.next]).toEqual([60, null])
  })

  test('has samples of one moment each once', async () => {
    const { review, store } = await reviewedStore()
    await store(samples(60, 0))
    for (const query of [
      'limit=7',
      'sort=oldest&limit=7',
      'q=number&limit=7',
      'sort=slowest&limit=7',
    ]) {
      const found = idsOf(await walk(review, query))
      expect([query, found.length, new Set(found)]).toEqual([query, 60, new Set(ids(0, 59))])
    }
  })

  test('has samples of before and after all partitions', async () => {
    const { review, store } = await reviewedStore()
    await store([
      { id: 'i0', at: '1970-01-01T00:00:00Z' },
      { id: 'i1', at: '1970-01-01T00:00:09Z' },
      { id: 'i2', at: '1970-01-01T00:00:10Z' },
      { id: 'i3', at: '2026-01-01T00:00:00Z' },
      { id: 'i4', at: '9999-12-31T23:59:59.999Z' },
    ])
    for (const limit of [1, 50]) {
      expect(idsOf(await walk(review, `limit=${limit}`))).toEqual(ids(4, 0))
      expect(idsOf(await walk(review, `sort=oldest&limit=${limit}`))).toEqual(ids(0, 4))
      expect(idsOf(await walk(review, `q=p&limit=${limit}`))).toEqual(ids(4, 0))
    }
  })

  test('is not disturbed by samples that come in meanwhile, or are deleted', async () => {
    const { review, store } = await reviewedStore()
    await store(samples(40))
    const found: unknown[] = []
    let more = 40
    for await (const page of pages(review, 'limit=10')) {
      found.push(...idsOf(page.samples))
      await store([{ id: `i${more++}`, at: '2030-01-01' }])
      await review.remove([page.samples.at(-1)?.key ?? ''])
    }
    expect(found).toEqual(ids(39, 0))
  })

  test('is empty where there is nothing yet', async () => {
    const { review, store } = await reviewedStore()
    expect(await review.page(asking(''))).toMatchObject({ samples: [], next: null })
    expect(await review.about()).toEqual({ datasets: [], notices: [] })
    await store([{ folder: 'ask' }, {}])
    expect(await review.about()).toEqual({ datasets: ['ask', null], notices: [] })
    expect(await review.page(asking('dataset=other'))).toMatchObject({ samples: [], next: null })
  })

  test('goes on with a search where it stopped, until all was looked at', async () => {
    const { review, store, database } = await reviewedStore()
    await store([
      { id: 'i0', prompt: 'a unicorn', at: '2026-01-01' },
      { id: 'i1', prompt: 'Unicorns', at: '2026-01-03' },
    ])
    await database.query(
      `insert into flagging.samples (id, at, dataset, inputs, outputs)
      select gen_random_uuid(), timestamptz '2026-01-02' + n * interval '1 second', 1,
        jsonb_build_object('prompt', repeat('x ', 100) || n), '{}'
      from generate_series(1, 9000) as n`,
    )
    await database.query('analyze flagging.samples')
    for (const limit of [1, 50]) {
      const all = []
      for await (const page of pages(review, `q=unicorn&limit=${limit}`)) all.push(page)
      expect(all.flatMap((page) => idsOf(page.samples))).toEqual(['i1', 'i0'])
      const searched = all.reduce((sum, page) => sum + page.searched, 0)
      expect(searched).toBeGreaterThanOrEqual(9002)
    }
  })
})

describe('a search that no index leads through in time', () => {
  test('walks through the rows, and goes on so', async () => {
    const { review, store, database } = await reviewedStore()
    await store(
      samples(30).map((one, n) => ({ ...one, option: n % 2 ? 'bad' : 'good', user: 'u' })),
    )
    const slow = await database.client()
    onTestFinished(() => slow.end())
    // The partitions are known for a moment.
    await review.page(asking(''))
    await slow.query('begin')
    await slow.query('lock table flagging.samples_2023_11 in access exclusive mode')
    const asked = asking('option=bad&user=u&limit=10')
    const page = review.page(asked)
    const isWaiting = async () =>
      (
        await database.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
            and query like '%row_number%'`,
        )
      ).length
    await expect.poll(isWaiting).toBe(1)
    await slow.query('commit')
    const { samples: first, next } = await page
    const rest = await review.page({ ...asked, cursor: next ?? '' })
    expect([...idsOf(first), ...idsOf(rest.samples)]).toEqual(
      ids(29, 0).filter((_, n) => n % 2 === 0),
    )
    expect(Buffer.from(next ?? '', 'base64url').toString()).toContain('"isWalk":true')
  })
})

describe('lists by duration', () => {
  test('have each sample once, in order, whatever the length of a page', async () => {
    const { review, store } = await reviewedStore()
    const given = ids(0, 120).map((id, n) => ({
      id,
      duration: (n * 37) % 11,
      at: new Date(1.7e12 + n * 3 * DAY).toISOString(),
      folder: n % 2 === 0 ? '' : 'b',
    }))
    await store([...given, { id: 'none', duration: null }])
    for (const limit of [9, 200]) {
      const slow = await walk(review, `sort=slowest&limit=${limit}`)
      const fast = await walk(review, `sort=fastest&limit=${limit}`)
      expect(new Set(idsOf(slow))).toEqual(new Set(ids(0, 120)))
      expect(slow).toHaveLength(121)
      const durations = slow.map(({ duration }) => duration ?? 0)
      expect(durations).toEqual(durations.toSorted((a, b) => b - a))
      expect(idsOf(fast)).toEqual(idsOf(slow).toReversed())
      const words = await walk(review, `sort=slowest&q=p&limit=${limit}`)
      expect(idsOf(words)).toEqual(idsOf(slow))
    }
    const some = await walk(review, 'sort=slowest&dataset=b&limit=9')
    expect(some).toHaveLength(60)
    expect(await walk(review, 'sort=slowest&q=nowhere')).toEqual([])
  })
})
