import { afterAll, describe, expect, it } from 'vitest'
import { FlaggingError } from '../../src/errors.ts'
import type { CSVLogger, CSVLoggerOptions } from '../../src/store/csv-logger.ts'
import { resolveReadOptions } from '../../src/store/read-options.ts'
import { readFrom } from '../../src/store/read-samples.ts'
import { PNG, fileOf } from '../csv-logger-support.ts'
import { stopClock } from './clock.ts'
import { seeded } from './crash-states.ts'
import { cutEverywhere } from './cuts.ts'
import { SMALL_EFFORT, isCampaign, tell } from './effort.ts'
import { type DiskFault, ModelDisk } from './model-disk.ts'
import { prepared } from './play.ts'
import { checkLogs, readDisk } from './promises.ts'
import { DIR, NARROW, Run, type Shape, WIDE, endpoint } from './samples.ts'
import { DECOYS, withTornTail } from './workloads.ts'

const CODES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'EIO', 'EROFS', 'EACCES'] as const
const KEPT = [0, 0.5, 1]
const EACH: readonly Shape[] = [WIDE, NARROW, endpoint('v1.chat')]
/** Of so many runs one has its power cut, in a share of the states after each change. */
const CUT_EVERY = isCampaign ? 20 : 30
const CUT_SHARE = isCampaign ? 0.1 : 0.01
const totals = { runs: 0, faults: 0, rejected: 0, cuts: 0 }

stopClock()
afterAll(() => {
  const { runs, faults, rejected, cuts } = totals
  tell(`Fault runs: ${runs}, ${faults} calls failed, ${rejected} flags rejected, ${cuts} cuts`)
})

/** What happens at the nth call, and where it is for good, at each one from there on. */
interface Plan {
  readonly nth: number
  readonly fault: DiskFault
  readonly isSticky: boolean
  readonly isLocal: boolean
  /** Whether the disk is still failing when the logger is closed. */
  readonly whileClosing: boolean
}

describe('a fault at any call', () => {
  it.each<[CSVLoggerOptions, where: 'here' | 'on a server']>([
    [{}, 'here'],
    [{}, 'on a server'],
    [{ fsync: 'none' }, 'here'],
    [{ exclusive: true }, 'here'],
  ])(
    'rejects flags at the most, loses nothing and ends by itself: %o, %s',
    { timeout: 3_600_000 },
    async (options, where) => {
      const base = await prepared({
        name: '',
        options,
        prepare: withTornTail,
        play: async () => {},
      })
      let isThrough = false
      for (let nth = 0; !isThrough; nth++) {
        for (const plan of plansAt(nth, options, where === 'here')) {
          const failed = await runWith(base, plan)
          isThrough = failed === 0
          totals.faults += failed
        }
      }
      expect(totals.faults).toBeGreaterThan(200)
    },
  )

  it('ends reading with an error of ours, or leaves rows out, and nothing open', async () => {
    const base = await prepared({ name: '', prepare: withTornTail, play: async () => {} })
    const logger = base.logger()
    await base.flag(logger, WIDE, 'spilled', 'x'.repeat(100_001), null, [fileOf(PNG), fileOf('x')])
    await base.flag(logger, endpoint('v1.chat'), 'other', '1', null, fileOf(PNG))
    await base.close()
    for (const code of CODES) {
      let isThrough = false
      for (let nth = 0; !isThrough; nth++) {
        const disk = new ModelDisk(base.disk.image.clone())
        disk.fault = ({ n }) => (n === nth ? { code } : undefined)
        const { keys, error } = await readUntilFault(disk)
        expect(error ?? new FlaggingError('ERR_FLAGGING_STORE', '')).toBeInstanceOf(FlaggingError)
        expect(disk.openFiles).toBe(0)
        expect(keys.filter((key) => !base.sent.has(key))).toEqual([])
        isThrough = disk.calls <= nth
        expect(keys.length).toBeGreaterThanOrEqual(isThrough ? 4 : 0)
        totals.faults++
      }
    }
  })

  it('is tried at hundreds of calls', () => {
    expect(totals.runs).toBeGreaterThan(500)
    expect(totals.rejected).toBeGreaterThan(1000)
    expect(totals.cuts).toBeGreaterThan(200)
  })
})

async function readUntilFault(disk: ModelDisk): Promise<{ keys: string[]; error?: unknown }> {
  const keys: string[] = []
  try {
    for await (const { inputs } of readFrom(disk, DIR, resolveReadOptions({}))) {
      keys.push(inputs['key'] as string)
    }
  } catch (error) {
    return { keys, error }
  }
  return { keys }
}

function plansAt(nth: number, { fsync, exclusive }: CSVLoggerOptions, isLocal: boolean): Plan[] {
  const all = CODES.flatMap((code, index) =>
    [false, true].map((isSticky) => ({
      nth,
      fault: { code, short: index % 2 === 0 ? 7 : 0, kept: KEPT[(nth + index) % KEPT.length] },
      isSticky,
      isLocal,
      whileClosing: (nth + index) % 3 === 0,
    })),
  )
  if (isCampaign) return all
  // Another code at each call; the modes that differ little have but one run each.
  const at = (nth * 2) % all.length
  const isOther = fsync !== undefined || exclusive !== undefined || !isLocal
  return isOther ? all.slice(at + (nth % 2), at + (nth % 2) + 1) : all.slice(at, at + 2)
}

/** Flags on a disk that fails as planned, then on a sound one; gives how many calls failed. */
async function runWith(base: Run, plan: Plan): Promise<number> {
  const run = new Run(new ModelDisk(base.base.clone()), {
    sent: base.sent,
    acknowledged: base.acknowledged.map(({ key }) => key),
  })
  run.options = base.options
  const { disk } = run
  disk.local = plan.isLocal
  const logger = run.logger(run.options)
  let failed = 0
  let place = ''
  disk.fault = ({ n, name, path }) => {
    if (n !== plan.nth && !(plan.isSticky && n > plan.nth)) return undefined
    if (failed++ === 0) place = `${name} ${path}`
    return plan.fault
  }
  try {
    await Promise.all([
      run.flag(logger, WIDE, 'a', '1.5', [DECOYS], fileOf(PNG)),
      run.flag(logger, WIDE, 'b', 'x'.repeat(100_001), null, null),
      run.flag(logger, NARROW, 'c', '2', [fileOf(PNG), fileOf('x')]),
      run.flag(logger, endpoint('v1.chat'), 'd', '3', {}, fileOf(PNG)),
    ])
    await run.flag(logger, WIDE, 'e', '4', -0, fileOf(PNG))
    disk.fault = undefined
    await checkAfter(run, logger, plan)
    if (totals.runs++ % CUT_EVERY === 0) {
      const random = seeded(totals.runs)
      totals.cuts += (
        await cutEverywhere(run, { effort: SMALL_EFFORT, random, share: CUT_SHARE })
      ).cuts
    }
  } catch (error) {
    throw new Error(`${String(error)} (${place} ${JSON.stringify(plan)})`, { cause: error })
  }
  totals.rejected += run.rejected.length
  return failed
}

/** What must hold when the fault has ended. */
async function checkAfter(run: Run, logger: CSVLogger, plan: Plan): Promise<void> {
  const { disk } = run
  const before = run.rejected.length
  for (const error of [...run.rejected, ...run.reports]) {
    if (!(error instanceof FlaggingError)) throw new Error(`No error of ours: ${String(error)}`)
  }
  const counts = new Map<string, number | undefined>()
  for (const [index, shape] of EACH.entries()) {
    const values = shape.components
      .slice(1)
      .map(({ type }) => (type === 'image' ? fileOf(PNG) : '7'))
    counts.set(shape.dir, await run.flag(logger, shape, `healed${index}`, ...values))
  }
  if (run.rejected.length > before)
    throw new Error(`It does not go on: ${String(run.rejected.at(-1))}`)
  if (plan.whileClosing) disk.fault = () => plan.fault
  await run.close()
  disk.fault = undefined
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files were left open`)
  const acknowledged = run.acknowledged.map(({ key }) => key)
  const expected = { sent: run.sent, acknowledged, shapes: EACH, options: {} }
  const keys = await readDisk(disk, expected)
  for (const [dir, count] of counts) {
    const rows = keys.filter((key) => run.sent.get(key)?.shape.dir === dir).length
    if (rows !== count) throw new Error(`flag() gave ${count} for ${rows} rows in ${dir}`)
  }
  checkLogs(disk)
}
