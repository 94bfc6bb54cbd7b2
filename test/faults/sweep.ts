import type { Adapter } from '../contract/host.ts'
import { Bench, NAMELESS, bare, type Played, type SampleText } from './bench.ts'
import type { Received } from './client.ts'
import { isHandedOn, isWithinHostCalls, mayKeepRaw, mayStore, maySwallow } from './host-calls.ts'
import { type Mode, type Scenario, SECRET } from './scenarios.ts'
import {
  arm,
  disarm,
  type InjectedFault,
  type Shot,
  startCounting,
  stopCounting,
} from './switch.ts'

/** What a campaign does at each site. */
export interface Campaign {
  readonly adapter: Adapter
  readonly mode: Mode
  readonly scenario: Scenario
  /** Which sites of those that are hit. */
  readonly isWanted: (site: string) => boolean
  readonly hit: 'first' | 'last'
  readonly isSticky: boolean
}

/** What did not hold after a fault. */
interface Finding {
  readonly site: string
  readonly what: string
}

export interface Swept {
  readonly sites: readonly string[]
  readonly findings: readonly Finding[]
}

/** What a run without a fault comes to. */
interface Expected {
  readonly answer: Received
  readonly probe: Received
  readonly played: Played
  readonly probed: Played
  readonly sample: readonly SampleText[]
  readonly probeSample: readonly SampleText[]
}

interface Run {
  readonly nonce: string
  readonly site: string
  readonly played: Played | undefined
  readonly fault: InjectedFault | undefined
}

/**
 * Calls that attach a handler to a promise which is there already: nothing can be said for it where
 * that very call fails. In the store alone, whose work has no stack beneath it.
 */
const ATTACHING = /^core\/store\/.*\) (?:unless|.*\.catch|Promise\.all)$/

const TEMPLATE = 'nonce-00000'

/** Faults one site of a scenario after the other. */
export async function sweep(campaign: Campaign): Promise<Swept> {
  const { adapter, mode, scenario, isWanted } = campaign
  const [answer, probe] = (await bare(adapter, scenario, TEMPLATE)) as [Received, Received]
  const bench = await Bench.open(adapter, mode, scenario)
  const cold = await counted(bench, 'nonce-00001')
  const warm = await counted(bench, TEMPLATE)
  const played = await bench.play('nonce-00002')
  const probed = await bench.probe(TEMPLATE)
  const { samples } = await bench.close()
  const expected: Expected = {
    answer,
    probe,
    played,
    probed,
    sample: samples.get(TEMPLATE) ?? [],
    probeSample: samples.get(`${TEMPLATE}-probe`) ?? [],
  }
  const findings: Finding[] = checkExpected(campaign, expected)
  const shots = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .filter(([site]) => !isHandedOn(site) && isWanted(site))
      .map(([site, count]) => ({
        site,
        hit: campaign.hit === 'first' ? 1 : count,
        isSticky: campaign.isSticky,
      }))
  const onWarm = shots(warm)
  // A cold host for each: the thread alone would take seconds to start.
  const onCold = scenario.isHeavy === true ? [] : shots(cold).filter(({ site }) => !warm.has(site))
  findings.push(...(await runAll(campaign, expected, onWarm)))
  for (const shot of onCold) findings.push(...(await runAll(campaign, expected, [shot], true)))
  return { sites: [...onWarm, ...onCold].map(({ site }) => site), findings }
}

async function counted(bench: Bench, nonce: string): Promise<ReadonlyMap<string, number>> {
  startCounting()
  await bench.play(nonce)
  return stopCounting()
}

/** A sweep that sees nothing would find nothing. */
function checkExpected({ mode, scenario }: Campaign, expected: Expected): Finding[] {
  const { answer, played, sample } = expected
  const found: Finding[] = []
  const note = (what: string) => found.push({ site: 'without a fault', what })
  if (differs(answer, played.answer)) note(`answered ${show(played.answer)}, not ${show(answer)}`)
  if (played.errors.length > 0) note(`reported ${show(played.errors.map(String))}`)
  const isCaptured = scenario.isCaptured !== false
  const isStored = isCaptured && (mode !== 'manual' || scenario.flagsInHandler === true)
  if (isStored && sample.length !== 1) note(`stored ${sample.length} samples`)
  if (mode === 'flagged' && played.flagged !== 201) note(`flagged with ${played.flagged}`)
  return found
}

/** Plays the scenario with each shot, one after the other, on one host as long as all is well. */
async function runAll(
  campaign: Campaign,
  expected: Expected,
  shots: readonly Shot[],
  isCold = false,
): Promise<Finding[]> {
  const { adapter, mode, scenario } = campaign
  const findings: Finding[] = []
  for (let at = 0; at < shots.length;) {
    const bench = await Bench.open(adapter, mode, scenario, campaign.isSticky ? 200 : undefined)
    if (!isCold) await bench.play('nonce-10000')
    const runs: Run[] = []
    const before = findings.length
    while (at < shots.length && findings.length === before) {
      const shot = shots[at] as Shot
      const note = (what: string) => findings.push({ site: shot.site, what })
      const run = await fired(bench, `nonce-${20_000 + at++}`, shot, note)
      runs.push(run)
      checkRun(run, expected, campaign, note)
      try {
        checkProbe(run.site, await bench.probe(run.nonce), expected, campaign, note)
      } catch (error) {
        note(`then: ${String(error)}`)
      }
    }
    if (campaign.isSticky) await bench.close().catch(() => {})
    else await checkEnd(bench, runs, expected, campaign, findings)
  }
  return findings
}

async function checkEnd(
  bench: Bench,
  runs: readonly Run[],
  expected: Expected,
  campaign: Campaign,
  findings: Finding[],
): Promise<void> {
  const last = runs.at(-1)?.site ?? 'the start'
  const note = (what: string) => findings.push({ site: last, what })
  try {
    const { stats, samples } = await bench.close()
    const { pending, memoryBytes, spillBytes } = stats
    if (pending + memoryBytes + spillBytes > 0) note(`at the end: ${show(stats)}`)
    const all = JSON.stringify([...samples])
    if (all.includes(SECRET)) note(`a sample shows what is to be hidden: ${all}`)
    for (const run of runs) {
      const noteRun = (what: string) => findings.push({ site: run.site, what })
      checkSamples(run, samples, expected, campaign, noteRun)
    }
  } catch (error) {
    note(`at the end: ${String(error)}`)
  }
}

async function fired(
  bench: Bench,
  nonce: string,
  shot: Shot,
  note: (what: string) => void,
): Promise<Run> {
  arm(shot, isHandedOn)
  let played: Played | undefined
  try {
    played = await bench.play(nonce)
  } catch (error) {
    note(String(error))
  }
  const fault = disarm()
  return { nonce, site: shot.site, played, fault }
}

function checkRun(
  { site, played, fault }: Run,
  expected: Expected,
  { isSticky, scenario: { flagsInHandler = false, isHeavy = false } }: Campaign,
  note: (what: string) => void,
): void {
  if (!played) return
  if (differs(played.answer, expected.answer)) note(`answered ${show(played.answer)}`)
  if (isSticky) return
  if (played.unhandled.length > 0 && !ATTACHING.test(site))
    note(`unhandled: ${show(played.unhandled.map(String))}`)
  if (fault === undefined) {
    // What runs later also depends on the clock, and on what the process has loaded by then.
    if (isWithinHostCalls(site) && !isHeavy) note('was not reached')
    return
  }
  // A flag of the handler's finds nothing to flag where nothing is captured, and says so as well.
  const errors = played.errors.filter((error) => !(flagsInHandler && isNotFound(error)))
  const [first, ...more] = errors
  const told = errors.map(String)
  if (first === undefined) {
    if (!maySwallow(site)) note('not reported')
  } else if (!isCausedBy(first, fault)) note(`reported something else: ${show(told)}`)
  if (more.length > 0) note(`reported ${told.length} times: ${show(told)}`)
}

function checkProbe(
  site: string,
  probed: Played,
  expected: Expected,
  { isSticky }: Campaign,
  note: (what: string) => void,
): void {
  if (differs(probed.answer, expected.probe)) note(`then answered ${show(probed.answer)}`)
  // Where nothing of ours can be called, nothing of ours can be put right.
  if (isSticky) return
  if (probed.errors.length > 0) note(`then reported ${show(probed.errors.map(String))}`)
  if (probed.unhandled.length > 0 && !ATTACHING.test(site))
    note(`then unhandled: ${show(probed.unhandled.map(String))}`)
  if ((probed.id === undefined) !== (expected.probed.id === undefined)) note('then no id')
  if (probed.flagged !== expected.probed.flagged) note(`then flagged with ${probed.flagged}`)
  const { pending, held, memoryBytes, spillBytes } = probed.stats
  const left = { pending, held, memoryBytes, spillBytes }
  const { stats } = expected.probed
  const usual: Record<string, number> = { ...stats }
  for (const [name, value] of Object.entries(left)) {
    if (value !== usual[name]) note(`then ${name} is ${value}, not ${usual[name]}`)
  }
}

function checkSamples(
  { nonce, site, played }: Run,
  samples: ReadonlyMap<string, SampleText[]>,
  expected: Expected,
  { mode, scenario, isSticky }: Campaign,
  note: (what: string) => void,
): void {
  const stored = samples.get(nonce) ?? []
  const probes = samples.get(`${nonce}-probe`) ?? []
  if (show(probes) !== show(expected.probeSample)) note(`then stored ${show(probes)}`)
  if (stored.length > 1) note(`stored ${stored.length} times`)
  for (const sample of stored) {
    if (sample !== expected.sample[0] && !mayStore(site, sample))
      note(`stored ${sample}, not ${expected.sample[0]}`)
  }
  const isDue =
    mode === 'flagged'
      ? played?.flagged === 201
      : mode === 'auto' && played?.errors.length === 0 && !isSticky
  if (!isDue || scenario.isCaptured === false || stored.length > 0) return
  // A body that was kept as it came shows no nonce; on a busy machine the thread has no time for some.
  const nameless = mayKeepRaw(site) || scenario.isHeavy ? samples.get(NAMELESS)?.pop() : undefined
  if (nameless === undefined) note('lost')
}

/** Whether two answers differ, the nonces in them apart. */
function differs(one: Received, other: Received): boolean {
  const text = (received: Received) => JSON.stringify(received).replaceAll(/nonce-\d+/g, 'nonce')
  return text(one) !== text(other)
}

function isCausedBy(error: unknown, fault: InjectedFault): boolean {
  for (let at = error; at !== undefined && at !== null; at = (at as Error).cause) {
    if (at === fault) return true
    if (at instanceof AggregateError && at.errors.includes(fault)) return true
  }
  return false
}

function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_FLAGGING_NOT_FOUND'
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 400) ?? String(value)
}
