import { expect, test } from 'vitest'
import { asking, pages, reviewedStore } from './support.ts'

const ROWS = 60_000
const SECOND = 80

/** The nodes of a plan, each on a line of its own. */
type Plan = readonly { readonly 'QUERY PLAN': string }[]

/** A store that asks the server how it does what reviewers ask for, and goes on. */
async function observed() {
  const made = await reviewedStore()
  const { database } = made
  const plans: string[] = []
  const query = database.query.bind(database)
  database.query = async (text, values, patience) => {
    if (text.includes('from "flagging".samples')) {
      const plan = (await query(`explain (costs off) ${text}`, values)) as unknown as Plan
      plans.push(plan.map((line) => line['QUERY PLAN']).join('\n'))
    }
    return query(text, values, patience)
  }
  return { ...made, plans }
}

/** The partitions that are not empty. */
const FULL = /Seq Scan on samples_2026_0/
const SORTS = /^ *(?:-> +)?(?:Incremental )?Sort *(?:\(|$)/m

test('pages are read by indexes, in their order, where there are many samples', async () => {
  const { database, store, plans, review } = await observed()
  const hour = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * SECOND * 1000).toISOString()
  // With a partition for each month that follows.
  for (const at of [0, ROWS / 2, ROWS]) await store([{ at: hour(at) }])
  await database.query(
    `insert into flagging.samples
      (id, at, dataset, option, username, duration, reviewed, note, inputs, outputs)
    select gen_random_uuid(), timestamptz '2026-01-01Z' + n * interval '${SECOND} seconds', 1,
      case when n % 1000 = 0 then 'rare' when n % 3 = 0 then 'bad' else 'good' end,
      'user' || n % 50, n * 7919 % 4000, n % 500 = 0, case when n % 700 = 0 then 'x' end,
      jsonb_build_object('prompt', repeat('word ', 20) || n), '{}'
    from generate_series(1, ${ROWS}) as n`,
  )
  await database.query('vacuum analyze flagging.samples')
  const { next } = await review.page(asking('to=2026-01-20&limit=50'))
  const queries = [
    '',
    'sort=oldest',
    'to=2026-01-20',
    `to=2026-01-20&limit=50&cursor=${next}`,
    'from=2026-01-10&to=2026-01-11',
    'option=good',
    'user=user7',
    'dataset=',
    'marks=open',
    'option=good&user=user7',
    'sort=slowest',
    'sort=fastest&to=2026-01-20',
  ]
  for (const query of queries) {
    plans.length = 0
    const page = await review.page(asking(query))
    expect(page.samples.length).toBe(50)
    expect(page.searched).toBeLessThan(200)
    for (const plan of plans) {
      expect([query, plan]).toEqual([query, expect.not.stringMatching(FULL)])
    }
    // Places come in order from an index; the page alone is put in order.
    const [places] = plans
    expect([query, places]).toEqual([query, expect.not.stringMatching(SORTS)])
    expect([query, places]).toEqual([query, expect.stringMatching(/Index (?:Only )?Scan/)])
  }
  plans.length = 0
  // Of so few, all may be put in order.
  for (const query of [
    'option=rare',
    'marks=reviewed',
    'marks=noted',
    'sort=slowest&option=rare',
  ]) {
    expect((await review.page(asking(query))).samples).toHaveLength(50)
  }
  for await (const page of pages(review, 'q=nowhere')) expect(page.samples).toEqual([])
  for (const plan of plans) expect(plan).not.toMatch(FULL)
  plans.length = 0
  const { newest } = await review.page(asking(''))
  await store([{ id: 'new', at: hour(9) }])
  plans.length = 0
  const { samples } = await review.page({ ...asking(''), after: newest })
  expect(samples.map(({ id }) => id)).toEqual(['new'])
  expect(plans[0]).toMatch(/Index (?:Only )?Scan (?:on|using) samples_2026_01_tx_idx/)
  expect(plans[0]).not.toMatch(FULL)
}, 120_000)
