import { afterAll, describe, expect, it } from 'vitest'
import { FlaggingError } from '../../src/errors.ts'
import type { CSVLoggerOptions } from '../../src/store/csv-logger.ts'
import { PNG, fileOf } from '../csv-logger-support.ts'
import { stopClock } from './clock.ts'
import { seeded } from './crash-states.ts'
import { cutEverywhere } from './cuts.ts'
import { SMALL_EFFORT, isCampaign, tell } from './effort.ts'
import { type DiskFault, ModelDisk } from './model-disk.ts'
import { prepared } from './play.ts'
import { checkLogs, readDisk } from './promises.ts'
import { checkNumbers, removeFrom, rowsOn } from './removals.ts'
import { DIR, NARROW, Run, WIDE } from './samples.ts'
import { withTornTail } from './workloads.ts'

const CODES = ['ENOSPC', 'EIO', 'EMFILE', 'EROFS', 'EACCES'] as const
/** Of so many runs one has its power cut. */
const CUT_EVERY = isCampaign ? 10 : 40
const totals = { runs: 0, faults: 0, rejected: 0, unsettled: 0, cuts: 0 }

stopClock()
afterAll(() => {
  const { runs, faults, rejected, unsettled, cuts } = totals
  tell(
    `Deletions: ${runs}, ${faults} calls failed, ${rejected} rejected, ${unsettled} of them done, ${cuts} cuts`,
  )
})

interface Plan {
  readonly nth: number
  readonly fault: DiskFault
  readonly isSticky: boolean
}

describe('a fault at any call of a deletion', () => {
  it.each<[CSVLoggerOptions]>([[{}], [{ fsync: 'none' }], [{ exclusive: true }]])(
    'leaves all as it was, or has deleted all, and says which: %o',
    { timeout: 3_600_000 },
    async (options) => {
      const base = await prepared({
        name: '',
        options,
        prepare: async (run) => {
          await run.flag(run.logger(), NARROW, 'narrow', '1', fileOf(PNG))
          await withTornTail(run)
        },
        play: async () => {},
      })
      let isThrough = false
      for (let nth = 0; !isThrough; nth++) {
        for (const plan of plansAt(nth, options)) {
          isThrough = (await runWith(base, options, plan)) === 0
        }
      }
      expect(totals.faults).toBeGreaterThan(100)
    },
  )

  it('is tried at hundreds of calls', () => {
    expect(totals.runs).toBeGreaterThan(200)
    expect(totals.rejected).toBeGreaterThan(100)
    expect(totals.unsettled).toBeGreaterThan(1)
    expect(totals.cuts).toBeGreaterThan(50)
  })
})

function plansAt(nth: number, { fsync, exclusive }: CSVLoggerOptions): Plan[] {
  const plans = CODES.flatMap((code, index) =>
    [false, true].map((isSticky) => ({
      nth,
      fault: { code, short: index % 2 === 0 ? 7 : 0, kept: index % 3 === 0 ? 0.5 : 0 },
      isSticky,
    })),
  )
  if (isCampaign) return plans
  // Another code at each call; the modes that differ little are tried at some.
  const isOther = fsync !== undefined || exclusive !== undefined
  const at = (nth * 3) % plans.length
  return isOther && nth % 4 > 0 ? [] : plans.slice(at, at + 1)
}

/** Deletes on a disk that fails as planned, then on a sound one; gives how many calls failed. */
async function runWith(base: Run, options: CSVLoggerOptions, plan: Plan): Promise<number> {
  const run = new Run(new ModelDisk(base.base.clone()), {
    sent: base.sent,
    acknowledged: base.acknowledged.map(({ key }) => key),
  })
  run.options = options
  const { disk } = run
  const logger = run.logger(options)
  let failed = 0
  let place = ''
  disk.fault = ({ n, name, path }) => {
    if (n !== plan.nth && !(plan.isSticky && n > plan.nth)) return undefined
    if (failed++ === 0) place = `${name} ${path}`
    return plan.fault
  }
  try {
    const [removed] = await Promise.all([
      removeFrom(run, logger, WIDE, 'old0', 'narrow'),
      run.flag(logger, WIDE, 'beside', '1', null, fileOf(PNG)),
    ])
    disk.fault = undefined
    checkOutcome(run, removed)
    await run.flag(logger, WIDE, 'later', '1', null, fileOf(PNG))
    const left = ['old0', 'narrow', 'old1'].filter((key) => isThere(run, key))
    if ((await removeFrom(run, logger, WIDE, ...left)) === undefined)
      throw new Error(`It does not go on: ${String(run.rejected.at(-1))}`)
    await run.flag(logger, WIDE, 'last', '1', null, fileOf(PNG))
    await run.close()
    if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files were left open`)
    await checkEnd(run)
    if (totals.runs++ % CUT_EVERY === 0) {
      const random = seeded(totals.runs)
      totals.cuts += (await cutEverywhere(run, { effort: SMALL_EFFORT, random, share: 0.05 })).cuts
    }
  } catch (error) {
    throw new Error(`${String(error)} (${place} ${JSON.stringify(plan)})`, { cause: error })
  }
  totals.faults += failed
  return failed
}

function isThere({ disk }: Run, key: string): boolean {
  return rowsOn(disk, DIR).some((row) => row.key === key)
}

/** What the caller was told must be so; logs are done with one after the other. */
function checkOutcome(run: Run, removed: number | undefined): void {
  const errors = [...run.rejected, ...run.reports]
  for (const error of errors) {
    if (!(error instanceof FlaggingError)) throw new Error(`No error of ours: ${String(error)}`)
  }
  if (removed !== undefined) return
  totals.rejected++
  const isUnsettled = errors.some((error) => String(error).includes('once more'))
  if (isUnsettled) totals.unsettled++
  // The torn row counts as none, and hides none.
  for (const key of ['old0', 'narrow', 'old1']) {
    if (isThere(run, key)) continue
    if (!isUnsettled && !(key !== 'old1' && (isThere(run, 'old0') || isThere(run, 'narrow'))))
      throw new Error(`${key} is gone though its deletion was refused`)
  }
}

async function checkEnd(run: Run): Promise<void> {
  const acknowledged = run.acknowledgedAt(Number.POSITIVE_INFINITY)
  const gone = run.goneAt(Number.POSITIVE_INFINITY)
  const expected = { sent: run.sent, acknowledged, gone, shapes: [], options: {} }
  await readDisk(run.disk, expected)
  checkLogs(run.disk)
  checkNumbers(run.disk, gone)
}
