import { type Effort, type Random, crashStates } from './crash-states.ts'
import { checkKept, checkRecovery } from './promises.ts'
import type { Run } from './samples.ts'

/** How many states of the disk were checked. */
export interface Cuts {
  cuts: number
  /** Those of a second cut, during the recovery from the first. */
  secondCuts: number
}

/** Where a run is cut. */
export interface CutPlan {
  readonly effort: Effort
  readonly random: Random
  /** The share of the states that are checked. Default 1. */
  readonly share?: number
  /** Of so many cuts one is followed by a second one, at every change of the recovery. */
  readonly second?: { readonly every: number; readonly effort: Effort }
}

let marks = 0

/** Cuts the power after each change of a run and checks each state that differs. */
export async function cutEverywhere(run: Run, plan: CutPlan): Promise<Cuts> {
  const { effort, random, share = 1, second } = plan
  const seen = new Set<string>()
  const counts = { cuts: 0, secondCuts: 0 }
  const { removed } = run
  const isRemoved = removed.length > 0 || [...run.sent.values()].some((sent) => sent.isRemoved)
  const states = crashStates(run.base, run.disk.mutations, effort, random, share)
  for (const { at, image, digest } of states) {
    const acknowledged = run.acknowledgedAt(at)
    const gone = run.goneAt(at)
    // The same state promises more when more was acknowledged.
    const key = `${digest} ${acknowledged.join()} ${gone.map((one) => one.key).join()}`
    if (seen.has(key)) continue
    seen.add(key)
    counts.cuts++
    const { sent, shapes, options } = run
    // What was never synced is lost with its number.
    const begun = options.fsync === 'none' ? gone : removed.filter(({ from }) => from <= at)
    const expected = { sent, acknowledged, removed: begun, gone, shapes, options }
    let recovery: Run
    try {
      if (!isRemoved) checkKept(run.base, image)
      recovery = await checkRecovery(image, expected, `new${marks++}.`)
    } catch (error) {
      const place = `cut ${counts.cuts}, after ${at} of ${run.disk.mutations.length} changes`
      throw new Error(`${String(error)} (${place})`, { cause: error })
    }
    if (second === undefined || counts.cuts % second.every !== 0) continue
    const { cuts } = await cutEverywhere(recovery, { effort: second.effort, random })
    counts.secondCuts += cuts
  }
  return counts
}
