import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { print, seeded, times } from '../../../core/test/processes/campaign.ts'
import { type Disturbance, oneOfEach, some } from './disturbances.ts'
import { Fleet } from './fleet.ts'
import { type Ground, type Servers, layGround, startServers, withDatabase } from './ground.ts'
import { Load } from './load.ts'
import { findings } from './stored.ts'

const INSTANCES = 4
const CLIENTS = 4
const BIG_SIDE = 1400
/** Of one sample at most. */
const FILES = 2
/** Nothing is judged by the clock, and the machine may be busy. */
const TIMEOUT = times(600_000, 3_600_000)

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
})
afterAll(() => Promise.all([servers.postgres.stop(), servers.s3.stop()]))

/** How samples are stored, and what goes wrong meanwhile. */
interface Scene {
  readonly way: 'by way of the local disk' | 'without a local disk'
  /** Of things that go wrong, after one of each. */
  readonly rounds: number
}

const ROUNDS = Number(process.env['FLAGGING_ROUNDS'] ?? 30)
const SCENES: readonly Scene[] = times<Scene[]>(
  [{ way: 'by way of the local disk', rounds: 0 }],
  [
    { way: 'by way of the local disk', rounds: ROUNDS },
    { way: 'without a local disk', rounds: ROUNDS },
  ],
)

/** Lets things go wrong, and instances answer meanwhile; in the end all is well again. */
async function endure(
  disturbances: readonly Disturbance[],
  load: Load,
  answers: () => number,
): Promise<void> {
  for (const disturbance of disturbances) {
    await disturbance.begin()
    await load.hears(answers())
  }
  for (const disturbance of disturbances.toReversed()) await disturbance.end()
  await load.stores(5)
}

/** Ends instances, which send what waits; those that run out of time go on when they are started again. */
async function endAll(fleet: Fleet): Promise<void> {
  for (;;) {
    expect(await fleet.end()).toEqual(Array(INSTANCES).fill(0))
    if ((await fleet.outboxes()).length === 0) return
    await fleet.reviveAll()
  }
}

/** How many connections to a database there are beside the one that asks. */
function connections(ground: Ground): Promise<number> {
  return withDatabase(ground, async (client) => {
    const { rowCount } = await client.query(
      'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    return rowCount ?? 0
  })
}

describe('a fleet', () => {
  it.each(SCENES)(
    'stores once what it acknowledged, whatever fails, and answers as if nothing had: $way',
    async ({ way, rounds }) => {
      const random = seeded(way)
      const ground = await layGround(servers)
      const direct = way === 'without a local disk'
      const fleet = await Fleet.start(ground, INSTANCES, { DIRECT: direct ? 'yes' : 'no' })
      const load = new Load(fleet, random, () => (random() < times(0, 0.01) ? BIG_SIDE : 8))
      onTestFinished(async () => {
        load.giveUp()
        await fleet.clear()
      })
      const counts: Record<string, number> = {}

      load.start(CLIENTS)
      await load.stores(5)
      const orderly = oneOfEach(fleet, servers)
      for (let round = 0; round < orderly.length + rounds; round++) {
        const disturbances = orderly[round] ?? some(fleet, servers, INSTANCES, random)
        for (const { name } of disturbances) counts[name] = (counts[name] ?? 0) + 1
        await endure(disturbances, load, () => times(12, 50 + Math.floor(random() * 300)))
      }
      await load.end()
      await endAll(fleet)

      const { strays, wrong, ...found } = await findings(ground, load.flags)
      print(way, {
        ...counts,
        answers: load.answers,
        'flags acknowledged': load.acknowledged,
        'by way of another instance': load.passed,
        'not found although held': load.missed,
        'taken back': load.takenBack,
        'not acknowledged': load.flags.length - load.acknowledged,
        ...Object.fromEntries(Array.from(load.refusals, ([status, n]) => [`times ${status}`, n])),
        'answers broken by kills': load.failures.length,
        ...found,
        'objects without a row': strays.length,
      })
      expect(load.unexplained).toEqual([])
      expect(fleet.accidents).toEqual([])
      expect(wrong).toEqual([])
      // Rows go before their files, and an instance may die in between. Without a local disk, nobody
      // knows any longer what a dead one was about to store either.
      const excused = direct ? Infinity : load.takenBack * FILES
      expect(strays.slice(excused)).toEqual([])
      expect(load.passed).toBeGreaterThan(0)
      await expect.poll(() => connections(ground)).toBe(0)
    },
    TIMEOUT,
  )
})
