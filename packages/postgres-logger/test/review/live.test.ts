import { describe, expect, onTestFinished, test } from 'vitest'
import { asking, counted, idsOf, reviewedStore } from './support.ts'

describe('what came in since', () => {
  test('is given once, the newest first, and only what is asked for', async () => {
    const { review, store } = await reviewedStore()
    await store([{ id: 'i0', option: 'bad' }])
    const asked = asking('option=bad')
    let { newest } = await review.page(asked)
    const since = async () => {
      const page = await review.page({ ...asked, after: newest })
      newest = page.newest
      return [idsOf(page.samples), page.reset, page.next]
    }
    expect(await since()).toEqual([[], undefined, null])
    await store([
      { id: 'i1', option: 'bad', at: '2026-05-01' },
      { id: 'i2', option: 'good', at: '2026-05-02' },
      // Of long ago, and stored now all the same.
      { id: 'i3', option: 'bad', at: '2024-05-01' },
    ])
    expect(await since()).toEqual([['i1', 'i3'], undefined, null])
    expect(await since()).toEqual([[], undefined, null])
    await store([{ id: 'i4', option: 'good' }])
    expect(await since()).toEqual([[], undefined, null])
  })

  test('has samples whose transaction ends later than that of newer ones', async () => {
    const { review, store, database } = await reviewedStore()
    await store([{ id: 'i0', at: '2026-05-01' }])
    // Into its partition: the coming month's may be made meanwhile, which whoever writes into the default
    // one would be in the way of.
    const insert = (id: string) =>
      `insert into flagging.samples (id, at, dataset, interaction, inputs, outputs)
        values (gen_random_uuid(), '2026-05-02', 1, '${id}', '{}', '{}')`
    const count = 'update flagging.datasets set samples = samples + 1'
    const slow = await database.client()
    onTestFinished(() => slow.end())
    await slow.query('begin')
    await slow.query(insert('slow'))
    let { newest } = await review.page(asking(''))
    const since = async () => {
      const page = await review.page({ ...asking(''), after: newest })
      newest = page.newest
      return idsOf(page.samples)
    }
    await database.transaction(async (query) => {
      await query(insert('fast'))
      await query(count)
    })
    expect(await since()).toEqual(['fast'])
    expect(await since()).toEqual([])
    await slow.query(count)
    await slow.query('commit')
    expect(await since()).toEqual(['slow'])
    expect(await since()).toEqual([])
  })

  test('loses and doubles nothing while several writers store', async () => {
    const { review, store, writer } = await reviewedStore()
    await store([{ id: 'first' }])
    const { newest: start } = await review.page(asking(''))
    let isOver = false
    const given: string[] = []
    const looking = (async () => {
      let newest = start
      for (let isLast = false; !isLast;) {
        isLast = isOver
        const page = await review.page({ ...asking('limit=200'), after: newest })
        expect(page.reset).toBeUndefined()
        newest = page.newest
        given.push(...page.samples.map(({ key }) => key))
      }
    })()
    const { record } = await import('../samples/store.ts')
    await Promise.all(
      [1, 2, 3].map(async () => {
        const one = writer()
        for (let batch = 0; batch < 20; batch++) {
          await one.write([record({ folder: '' }), record({ folder: 'other' })])
        }
      }),
    )
    isOver = true
    await looking
    expect([given.length, new Set(given).size]).toEqual([120, 120])
  })

  test('cannot be told after samples were deleted, by whomever, or where too many came in', async () => {
    const { review, store, database } = await reviewedStore()
    await store([{ id: 'i0' }, { id: 'i1', folder: 'ask' }])
    const reset = async (newest: string, query = '') =>
      (await review.page({ ...asking(query), after: newest })).reset
    const { newest, samples } = await review.page(asking(''))
    const ask = (await review.page(asking('dataset=ask'))).newest
    await review.remove([samples.find(({ dataset }) => dataset === null)?.key ?? ''])
    expect([await reset(newest), await reset(ask, 'dataset=ask')]).toEqual([true, undefined])
    const later = (await review.page(asking(''))).newest
    await database.query('delete from flagging.samples')
    expect(await reset(later)).toBe(true)
    const now = (await review.page(asking(''))).newest
    await store(Array.from({ length: 6 }, () => ({})))
    expect([await reset(now, 'limit=5'), await reset(now, 'limit=6')]).toEqual([true, undefined])
  })

  test('is right in a database that was restored from the dump of another server', async () => {
    const { review, store, database } = await reviewedStore()
    await store([{ id: 'i0' }, { id: 'i1' }])
    // Numbers of transactions that this server has not come to yet.
    await database.query(
      "update flagging.samples set tx = '900000000000', stored_at = now() - interval '1 day'",
    )
    expect((await counted(review)).total).toBe(2)
    const { newest, samples } = await review.page(asking(''))
    await store([{ id: 'i2' }])
    const since = await review.page({ ...asking(''), after: newest })
    expect(idsOf(since.samples)).toEqual(['i2'])
    expect((await counted(review)).total).toBe(3)
    await review.mark(samples[0]?.key ?? '', {
      reviewed: true,
      note: null,
      by: null,
      at: '2026-11-27',
    })
    expect(await counted(review)).toMatchObject({ total: 3, reviewed: 1 })
    expect((await counted(review, { marks: 'open' })).total).toBe(2)
    await review.remove([samples[0]?.key ?? ''])
    expect(await counted(review)).toMatchObject({ total: 2, reviewed: 0 })
  })
})
