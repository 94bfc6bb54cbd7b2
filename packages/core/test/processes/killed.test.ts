import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { temporary } from '../csv-logger-support.ts'
import { TIMEOUT, print, seeded, times } from './campaign.ts'
import { type Found, assertWithin, readDataset } from './dataset.ts'
import type { Job, Outcome } from './protocol.ts'
import { type Mix, columnsOf, valuesOf } from './samples.ts'
import { type Run, type Writer, WriterPool } from './writer-pool.ts'

const MAX_DELAY_MS = 200
const MAX_GROWTH_MS = 3000

const pool = new WriterPool()
afterAll(() => pool.end())

/** Who writes what, how many of them, and how often one of them is killed. */
interface Scene {
  readonly mix: Mix
  readonly writers: number
  readonly fsync: 'batch' | 'none'
  /** At a moment within {@link MAX_DELAY_MS} of an acknowledgement, or while the log grows. */
  readonly when: 'any time' | 'in a write'
  readonly rounds: number
  /** How many rounds share a dataset. */
  readonly shared: number
}

const SCENES: readonly Scene[] = [
  scene('small', 1, 'batch', 'any time', times(2, 40), 10),
  scene('small', 1, 'none', 'any time', times(0, 40), 10),
  scene('small', 8, 'batch', 'any time', times(1, 15), 10),
  scene('medium', 1, 'batch', 'any time', times(0, 20), 3),
  scene('medium', 1, 'none', 'in a write', times(2, 40), 3),
  scene('medium', 8, 'none', 'in a write', times(0, 10), 2),
  scene('large', 1, 'batch', 'in a write', times(2, 15), 1),
  scene('large', 1, 'none', 'any time', times(0, 10), 1),
  scene('files', 1, 'batch', 'any time', times(3, 30), 5),
  scene('files', 8, 'none', 'any time', times(1, 10), 5),
].filter(({ rounds }) => rounds > 0)

function scene(
  mix: Mix,
  writers: number,
  fsync: Scene['fsync'],
  when: Scene['when'],
  rounds: number,
  shared: number,
): Scene {
  return { mix, writers, fsync, when, rounds, shared }
}

/** Kills one writer while it flags, and lets the others end in peace. */
async function killOne(scene: Scene, dir: string, round: number): Promise<Outcome[]> {
  const random = seeded(`${JSON.stringify(scene)} ${round}`)
  const writers = await Promise.all(Array.from({ length: scene.writers }, () => pool.take()))
  const runs = writers.map((writer, index) => writer.run(jobOf(scene, dir, `${round}.${index}`)))
  const [victim] = writers as [Writer]
  const [run] = runs as [Run]
  await run.acknowledges(1)
  if (scene.when === 'any time') await delay(random() * MAX_DELAY_MS)
  else grows(join(dir, 'logs.csv'), random() < 0.5 ? 1 : 1 + random() * 300_000)
  await victim.kill()
  for (const writer of writers) writer.tell('stop')
  const outcomes = await Promise.all(runs.map(({ over }) => over))
  pool.give(...writers)
  assert.deepEqual(
    outcomes.map(({ closed }) => closed).indexOf(true, 1),
    scene.writers > 1 ? 1 : -1,
  )
  return outcomes
}

function jobOf({ mix, fsync }: Scene, dir: string, name: string): Job {
  return { dir, name, mix, fsync, concurrency: mix === 'large' ? 1 : 4 }
}

/** Waits until a file has so many bytes more, without a turn of the event loop: that takes too long. */
function grows(path: string, bytes: number): void {
  const end = performance.now() + MAX_GROWTH_MS
  const { size } = statSync(path)
  while (statSync(path).size < size + bytes && performance.now() < end);
}

async function flagAfter(dir: string, mix: Mix, id: string): Promise<number> {
  const logger = new CSVLogger()
  logger.onError = () => undefined
  await logger.setup(columnsOf(mix), dir)
  const count = await logger.flag(valuesOf(mix, id))
  await logger.close()
  return count
}

describe('of writers that are killed', () => {
  it.each(SCENES)(
    '$writers with $mix rows, fsync $fsync, $when: what was acknowledged is there, whole',
    async (scene) => {
      await pool.prepare(scene.writers)
      const totals = { kills: 0, rows: 0, acknowledged: 0, torn: 0, temporary: 0, orphans: 0 }
      const take = (found: Found): void => {
        totals.rows += found.ids.length
        for (const name of ['torn', 'temporary', 'orphans'] as const) totals[name] += found[name]
      }
      let dir = ''
      let found: Found | undefined
      let sent: string[] = []
      let acknowledged: string[] = []
      for (let round = 0; round < scene.rounds; round++) {
        if (round % scene.shared === 0) {
          if (found) take(found)
          dir = join(temporary(), 'flagged')
          sent = []
          acknowledged = []
        }
        for (const outcome of await killOne(scene, dir, round)) {
          assert.deepEqual(outcome.rejected, [])
          sent.push(...outcome.sent)
          acknowledged.push(...outcome.acknowledged)
          totals.acknowledged += outcome.acknowledged.length
        }
        totals.kills++
        const last = `after-${round}`
        const count = await flagAfter(dir, scene.mix, last)
        found = await readDataset(dir, scene.mix)
        assert.equal(found.ids.at(-1), last)
        assert.equal(found.ids.length, count)
        sent.push(last)
        acknowledged.push(last)
        assertWithin(acknowledged, found.ids, 'acknowledged, but not there')
        assertWithin(found.ids, sent, 'there, but never sent')
        const kills = (round % scene.shared) + 1
        assert.ok(found.torn <= kills, `${found.torn} unfinished rows after ${kills} kills`)
      }
      if (found) take(found)
      print(`${scene.mix}, ${scene.writers}, ${scene.fsync}, ${scene.when}`, totals)
      assert.ok(totals.acknowledged >= scene.rounds)
      if (scene.mix === 'large' && scene.when === 'in a write') assert.ok(totals.torn > 0)
    },
    TIMEOUT,
  )
})
