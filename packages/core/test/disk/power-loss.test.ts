import { afterAll, describe, expect, it } from 'vitest'
import { errnoOf } from '../../src/store/disk.ts'
import { stopClock } from './clock.ts'
import { seeded } from './crash-states.ts'
import { cutEverywhere } from './cuts.ts'
import { EFFORT, SMALL_EFFORT, isCampaign, tell } from './effort.ts'
import { played } from './play.ts'
import { WORKLOADS } from './workloads.ts'
import { DELETIONS } from './deletions.ts'

const SECOND = { every: isCampaign ? 60 : 100, effort: SMALL_EFFORT }
/** Of a run with more changes than these, a share of the states is enough. */
const SHORT_RUN = 40
const SHARE = 0.12
const totals = { cuts: 0, secondCuts: 0 }

stopClock()
afterAll(() => tell(`Cuts of the power: ${totals.cuts}, and ${totals.secondCuts} while recovering`))

describe('a cut of the power', () => {
  it.each([...WORKLOADS, ...DELETIONS])(
    'keeps all promises during: $name',
    { timeout: 3_600_000 },
    async (workload) => {
      const run = await played(workload)
      const found = await cutEverywhere(run, {
        effort: EFFORT,
        random: seeded(1),
        share: isCampaign
          ? 1
          : (workload.share ?? (run.disk.mutations.length > SHORT_RUN ? SHARE : 1)),
        second: SECOND,
      })
      totals.cuts += found.cuts
      totals.secondCuts += found.secondCuts
      // No other faults than those that a workload makes.
      const causes = run.rejected.map((error) => errnoOf((error as Error).cause))
      expect(causes.filter((code) => code !== 'EIO')).toEqual([])
      expect(run.disk.mutations.length).toBeGreaterThan(15)
      expect(found.cuts).toBeGreaterThan(25)
    },
  )

  it('is looked at in thousands of states', () => {
    expect(totals.cuts).toBeGreaterThan(1500)
    expect(totals.secondCuts).toBeGreaterThan(300)
  })
})
