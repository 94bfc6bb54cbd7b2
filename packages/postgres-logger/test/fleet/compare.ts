// Run by `npm run fleet-campaign`: two fleets side by side, with the same clients. One has flagging, flags,
// and a PostgreSQL and a bucket that fail again and again; the other has flagging switched off. Instances
// of both are killed at the same time.
import { setTimeout as delay } from 'node:timers/promises'
import { seeded } from '../../../core/test/processes/campaign.ts'
import { bucketRefuses, instanceKilled, linkAway, postgresKilled } from './disturbances.ts'
import { Fleet } from './fleet.ts'
import { layGround, startServers } from './ground.ts'
import { Load } from './load.ts'
import type { Kind } from './questions.ts'

const INSTANCES = 2
const CLIENTS = 3
const WARM_UP_MS = 5000
const PHASE_MS = 4000
const ROUNDS = Number(process.env['FLAGGING_ROUNDS'] ?? 30) / 10

/** What of the control's time, and how many milliseconds beside it, an answer may take. */
const MARGINS = [
  { share: 0.5, times: 1.5, more: 5 },
  { share: 0.95, times: 2, more: 20 },
  { share: 0.99, times: 2, more: 100 },
  { share: 1, times: 2, more: 1000 },
] as const

const servers = await startServers()
const ground = await layGround(servers)
const fleets = await Promise.all([
  Fleet.start(ground, INSTANCES, { GRADIO_FLAGGING_MODE: 'never' }),
  Fleet.start(ground, INSTANCES),
])
const [control, flagged] = fleets
try {
  process.exitCode = await compare()
} finally {
  await Promise.all(fleets.map((fleet) => fleet.clear()))
  await Promise.all([servers.postgres.stop(), servers.s3.stop()])
}

async function compare(): Promise<number> {
  const warm = fleets.map((fleet) => new Load(fleet, seeded('warm')))
  for (const load of warm) load.start(CLIENTS)
  await delay(WARM_UP_MS)
  await Promise.all(warm.map((load) => load.end()))
  const loads = fleets.map((fleet) => new Load(fleet, seeded('compare')))
  for (const load of loads) load.start(CLIENTS)
  for (let round = 0; round < ROUNDS; round++) await disturb(round)
  await Promise.all(loads.map((load) => load.end()))
  return verdict(loads as [Load, Load])
}

async function disturb(round: number): Promise<void> {
  const victim = round % INSTANCES
  for (const disturbances of [
    [],
    [postgresKilled(servers)],
    [linkAway(flagged, 'PostgreSQL', 'silent')],
    [linkAway(flagged, 'PostgreSQL', 'cut'), bucketRefuses(servers, 503)],
    [bucketRefuses(servers, 403)],
    [instanceKilled(control, victim), instanceKilled(flagged, victim)],
  ]) {
    await Promise.all(disturbances.map((one) => one.begin()))
    await delay(PHASE_MS)
    await Promise.all(disturbances.map((one) => one.end()))
  }
}

/** Prints how both did; gives 1 where the one with flagging was slower than allowed, or failed. */
function verdict([before, after]: readonly [Load, Load]): number {
  let isSlower = false
  for (const kind of Object.keys(before.durations) as Kind[]) {
    const [without, having] = [before.durations[kind], after.durations[kind]]
    say(`${kind}: ${without.length} answers without flagging, ${having.length} with it`)
    for (const { share, times, more } of MARGINS) {
      const [limit, taken] = [quantile(without, share) * times + more, quantile(having, share)]
      const isTooSlow = taken > limit
      isSlower ||= isTooSlow
      say(
        `  ${share === 1 ? 'longest' : `${share * 100} %`}: ${ms(quantile(without, share))} without, ` +
          `${ms(taken)} with it, ${ms(limit)} allowed${isTooSlow ? ': TOO SLOW' : ''}`,
      )
    }
  }
  const failures = fleets.flatMap((fleet, index) => [
    ...(index === 0 ? before : after).unexplained,
    ...fleet.accidents.map((code) => `An instance ended with ${code}`),
  ])
  for (const failure of failures) say(`FAILED: ${failure}`)
  const acknowledged = `${after.acknowledged} flags acknowledged meanwhile`
  say(`${acknowledged}, ${failures.length} answers failed that nobody was killed for`)
  return isSlower || failures.length > 0 || after.acknowledged === 0 ? 1 : 0
}

function quantile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((a, b) => a - b)
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`
}
