import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../../core/src/review/review-filter.ts'
import { type Given, asking, counted, idsOf, reviewedStore, walk } from './support.ts'

const filterOf = (query: string) => parseFilter(new URLSearchParams(query), [])

const GIVEN: readonly Given[] = [
  { id: 'i0', prompt: 'Red apples', option: 'good', user: 'ann', at: '2026-01-01T00:00:00Z' },
  { id: 'i1', prompt: 'green\napples', option: 'bad', user: 'bob', at: '2026-01-01T23:59:59.999Z' },
  { id: 'i2', prompt: 'a "RED" car', option: 'good', user: null, at: '2026-01-02T00:00:00Z' },
  { id: 'i3', prompt: 'ÄPFEL', output: { note: 'red' }, option: 'bad', at: '2026-02-03T04:05:06Z' },
  { id: 'i4', prompt: '=red', option: 'good', user: 'ann', at: '2027-01-01T00:00:00Z' },
]

const CASES: readonly (readonly [query: string, found: readonly string[]])[] = [
  ['', ['i4', 'i3', 'i2', 'i1', 'i0']],
  ['option=good', ['i4', 'i2', 'i0']],
  ['option=', []],
  ['option=Good', []],
  ['user=ann', ['i4', 'i0']],
  ['user=', ['i3', 'i2']],
  ['user=bob&option=good', []],
  ['from=2026-01-02', ['i4', 'i3', 'i2']],
  ['to=2026-01-02', ['i1', 'i0']],
  ['from=2026-01-01T23:00:00Z&to=2026-01-02T00:00:00.001Z', ['i2', 'i1']],
  ['from=2026-01-02T01:00%2B01:00&to=2027-01-01', ['i3', 'i2']],
  ['from=2026-03-01&to=2026-02-01', []],
  ['q=red', ['i4', 'i3', 'i2', 'i0']],
  ['q=RED+apples', ['i0']],
  ['q=äpfel', ['i3']],
  ['q="red"', ['i3', 'i2']],
  ['q="note":"red"', ['i3']],
  ['q=prompt', []],
  ['q=note', ['i3']],
  ['q=apples&option=bad', ['i1']],
  ['q=ann', ['i4', 'i0']],
  ['q=.*', []],
  ['q=%25', []],
  ['q=_ed', []],
  ['q=<svg+onload>', []],
  ['q=%00', []],
  ["q=';drop", []],
  ['dataset=', ['i4', 'i3', 'i2', 'i1', 'i0']],
  ['dataset=none', []],
  ['dataset=..', []],
  ['user=%00', []],
]

describe('a selection', () => {
  test('is what its filter says, in a list, page by page, and in counts', async () => {
    const { review, store } = await reviewedStore()
    await store(GIVEN)
    for (const [query, found] of CASES) {
      expect([query, idsOf(await walk(review, query))]).toEqual([query, found])
      expect([query, idsOf(await walk(review, `${query}&limit=1`))]).toEqual([query, found])
      const { total } = await counted(review, filterOf(query))
      expect([query, total]).toEqual([query, found.length])
    }
  })

  test('is the same where its rows are walked through, whatever indexes know', async () => {
    const { review, store } = await reviewedStore()
    await store(GIVEN)
    const at = { newest: '253402300799999000', oldest: '0' }
    for (const [query, found] of CASES) {
      for (const sort of ['newest', 'oldest'] as const) {
        const cursor = Buffer.from(JSON.stringify({ sort, at: at[sort], isWalk: true }))
        const asked = { ...asking(query), sort, cursor: cursor.toString('base64url') }
        const { samples } = await review.page(asked)
        const expected = sort === 'newest' ? found : found.toReversed()
        expect([query, sort, idsOf(samples)]).toEqual([query, sort, expected])
      }
    }
  })

  test('finds words of values that PostgreSQL holds otherwise, and none of what only it writes', async () => {
    const { review, store } = await reviewedStore()
    await store([
      { id: 'nul', prompt: 'a\0b Omega', output: ['x', 'y'] },
      { id: 'keys', output: { zz: 1, b: { c: 'two words' } } },
      { id: 'text', prompt: '{"a": 1}', comment: 'Seen TWICE' },
    ])
    const cases: readonly (readonly [query: string, found: readonly string[]])[] = [
      ['q=omega', ['nul']],
      ['q=["x","y"]', ['nul']],
      ['q="zz":1,"b":{"c":"two', ['keys']],
      ['q=words"}}', ['keys']],
      ['q="a":1', []],
      ['q="a":+1}', ['text']],
      ['q=twice', ['text']],
      ['q=null', []],
      ['q=Output', []],
    ]
    for (const [query, found] of cases) {
      expect([query, idsOf(await walk(review, query))]).toEqual([query, found])
    }
  })

  test('refuses cursors of others, and no cursor reads anything else', async () => {
    const { review, store } = await reviewedStore()
    await store(GIVEN)
    const forged = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url')
    const { next, newest } = await review.page(asking('limit=1'))
    const known = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as object
    const seen = JSON.parse(Buffer.from(newest, 'base64url').toString()) as object
    const wrong = [
      'x',
      '{}',
      forged(null),
      forged({ ...known, at: '9'.repeat(19) }),
      forged({ ...known, at: 'infinity' }),
      forged({ ...known, id: "'; drop table samples" }),
      forged({ ...known, sort: 'oldest' }),
      forged({ ...known, isWalk: 7 }),
    ]
    for (const cursor of wrong) {
      await expect(review.page({ ...asking(''), cursor })).rejects.toThrow('A cursor must be')
    }
    for (const after of [
      'x',
      forged({}),
      forged({ ...seen, seen: '5:3:' }),
      forged({ ...seen, seen: '5:9:7,6' }),
      forged({ ...seen, seen: '0:0:' }),
      forged({ ...seen, at: null }),
    ]) {
      await expect(review.page({ ...asking(''), after })).rejects.toThrow('A cursor must be')
    }
    await expect(review.page({ ...asking('sort=slowest'), cursor: next ?? '' })).rejects.toThrow(
      'A cursor must be',
    )
    const early = { ...known, at: '-62135596800000000' }
    expect(await review.page({ ...asking(''), cursor: forged(early) })).toMatchObject({
      samples: [],
      next: null,
    })
  })
})
