import { expect, it } from 'vitest'
import { CPU } from '../src/measure/group.ts'
import { findings } from '../src/measure/statistics.ts'

it('compares entries with the one that they name, else with the first', () => {
  const entries = [
    { name: 'bare', settings: {} },
    { name: 'flagged', settings: {} },
    { name: 'flagged again', settings: {}, against: 'flagged' },
  ]
  const readings = [
    [{ cpu: 10 }, { cpu: 20 }, { cpu: 11 }],
    [{ cpu: 15 }, { cpu: 30 }, { cpu: 17 }],
    [{ cpu: 16 }, { cpu: 60 }, { cpu: 17 }],
  ]
  const [bare, flagged, again] = findings({ entries, measures: [CPU] }, readings).map(
    ({ spreads }) => spreads['cpu'],
  )
  expect(bare).toMatchObject({ p10: 10, median: 11, quartiles: [11, 20], added: 0, ratio: 1 })
  expect(flagged).toMatchObject({ p10: 15, added: 5, ratio: 1.5 })
  expect(again).toMatchObject({ p10: 16, added: 1, ratio: 16 / 15 })
})
