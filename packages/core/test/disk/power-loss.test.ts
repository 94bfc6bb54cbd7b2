import { afterAll, describe, expect, it } from 'vitest'
import { stopClock } from './clock.ts'
import { seeded } from './crash-states.ts'
import { cutEverywhere } from './cuts.ts'
import { EFFORT, SMALL_EFFORT, isCampaign, tell } from './effort.ts'
import { played } from './play.ts'
import { WORKLOADS } from './workloads.ts'

const SECOND = { every: isCampaign ? 10 : 150, effort: SMALL_EFFORT }
const SHARE = isCampaign ? 1 : 0.6
const totals = { cuts: 0, secondCuts: 0 }

stopClock()
afterAll(() => tell(`Cuts of the power: ${totals.cuts}, and ${totals.secondCuts} while recovering`))

describe('a cut of the power', () => {
  it.each(WORKLOADS)(
    'keeps all promises during: $name',
    { timeout: 3_600_000 },
    async (workload) => {
      const run = await played(workload)
      const found = await cutEverywhere(run, {
        effort: EFFORT,
        random: seeded(1),
        share: SHARE,
        second: SECOND,
      })
      totals.cuts += found.cuts
      totals.secondCuts += found.secondCuts
      expect(run.disk.mutations.length).toBeGreaterThan(15)
      expect(found.cuts).toBeGreaterThan(40)
    },
  )

  it('is looked at in thousands of states', () => {
    expect(totals.cuts).toBeGreaterThan(2500)
    expect(totals.secondCuts).toBeGreaterThan(500)
  })
})
