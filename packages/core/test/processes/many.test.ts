import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { temporary } from '../csv-logger-support.ts'
import { TIMEOUT, print, seeded, times } from './campaign.ts'
import { assertWithin, readDataset } from './dataset.ts'
import type { Job, Outcome } from './protocol.ts'
import { type Run, type Writer, WriterPool } from './writer-pool.ts'

const KILL_EVERY_MS = 100
const RUNNERS = 4

const pool = new WriterPool()
afterAll(() => pool.end())

interface Running {
  readonly writer: Writer
  readonly run: Run
}

async function start(count: number, job: (index: number) => Job): Promise<Running[]> {
  const writers = await Promise.all(Array.from({ length: count }, () => pool.take()))
  return writers.map((writer, index) => ({ writer, run: writer.run(job(index)) }))
}

async function outcomesOf(running: readonly Running[]): Promise<Outcome[]> {
  const outcomes = await Promise.all(running.map(({ run }) => run.over))
  pool.give(...running.map(({ writer }) => writer))
  return outcomes
}

function longestOf(outcomes: readonly Outcome[]): string {
  return `${Math.round(Math.max(...outcomes.map(({ longest }) => longest)))} ms the longest flag`
}

/** Nothing was refused, and all that was sent is there, once. */
function checkAll(outcomes: readonly Outcome[], ids: readonly string[]): void {
  for (const { rejected, closed, sent, acknowledged } of outcomes) {
    assert.deepEqual(rejected, [])
    assert.ok(closed)
    assert.equal(acknowledged.length, sent.length)
  }
  assert.deepEqual(ids.toSorted(), outcomes.flatMap(({ acknowledged }) => acknowledged).toSorted())
}

describe('several processes on one dataset', () => {
  it(
    'keep each its order, and together one header and numbers without a gap',
    async () => {
      const [count, flags] = times([4, 500], [8, 5000])
      await pool.prepare(count)
      const dir = join(temporary(), 'flagged')
      const jobOf = (index: number): Job => ({ dir, name: `w${index}`, mix: 'mixed', flags })
      const outcomes = await outcomesOf(await start(count, jobOf))
      const found = await readDataset(dir, 'mixed')
      checkAll(outcomes, found.ids)
      assert.equal(found.ids.length, count * flags)
      for (const [index, { sent }] of outcomes.entries()) {
        const own = found.ids.filter((id) => id.startsWith(`w${index}-`))
        assert.deepEqual(own, sent)
      }
      assert.ok(found.numbers.size > 0)
      for (const [position, id] of found.ids.entries()) {
        assert.equal(found.numbers.get(id) ?? position, position)
      }
      assert.deepEqual([found.torn, found.temporary, found.orphans], [0, 0, 0])
      const rows = { rows: found.ids.length, 'with files': found.numbers.size }
      print(`${count} processes, ${longestOf(outcomes)}`, rows)
    },
    TIMEOUT,
  )

  it(
    'that start at once where there is nothing make one log and one component list',
    async () => {
      const rounds = times(3, 40)
      await pool.prepare(8)
      for (let round = 0; round < rounds; round++) {
        const dir = join(temporary(), 'flagged')
        const jobOf = (index: number): Job => ({ dir, name: `w${index}`, mix: 'files', flags: 2 })
        const outcomes = await outcomesOf(await start(8, jobOf))
        const { ids, numbers } = await readDataset(dir, 'files')
        checkAll(outcomes, ids)
        assert.deepEqual(
          [...numbers.values()].toSorted((a, b) => a - b),
          Array.from({ length: 16 }, (_, number) => number),
        )
        assert.deepEqual(readdirSync(join(dir, '.flagging')).toSorted(), [
          'components.json',
          'lock',
          'sizes',
          'turn',
        ])
      }
      print('8 processes on an empty directory', { starts: rounds * 8 })
    },
    TIMEOUT,
  )

  it(
    'lose nothing while one after the other is closed and replaced',
    async () => {
      const replacements = times(6, 200)
      await pool.prepare(RUNNERS)
      const dir = join(temporary(), 'flagged')
      const jobOf = (index: number): Job => ({ dir, name: `w${index}`, mix: 'small' })
      const running = await start(RUNNERS - 1, jobOf)
      const outcomes: Outcome[] = []
      for (let index = running.length; index < RUNNERS - 1 + replacements; index++) {
        await running[0]?.run.acknowledges(5)
        const [old] = running.splice(0, 1)
        old?.writer.tell('stop')
        running.push(...(await start(1, () => jobOf(index))))
        if (old) outcomes.push(...(await outcomesOf([old])))
      }
      for (const { writer } of running) writer.tell('stop')
      outcomes.push(...(await outcomesOf(running)))
      const { ids, torn } = await readDataset(dir, 'small')
      checkAll(outcomes, ids)
      assert.equal(torn, 0)
      print(`rolling restarts, ${longestOf(outcomes)}`, { replacements, rows: ids.length })
    },
    TIMEOUT,
  )

  it(
    'go on and lose nothing while one of them is killed every 100 ms',
    async () => {
      const [bursts, kills] = times([1, 20], [10, 60])
      const totals = { kills: 0, rows: 0, acknowledged: 0, torn: 0, rejected: 0 }
      const outcomes: Outcome[] = []
      for (let burst = 0; burst < bursts; burst++) {
        const dir = join(temporary(), 'flagged')
        const burstOutcomes = await killInTurn(dir, kills, seeded(`burst ${burst}`))
        const { ids, torn } = await readDataset(dir, 'files')
        const acknowledged = burstOutcomes.flatMap((outcome) => outcome.acknowledged)
        assertWithin(acknowledged, ids, 'acknowledged, but not there')
        const sent = burstOutcomes.flatMap((outcome) => outcome.sent)
        assertWithin(ids, sent, 'there, but never sent')
        assert.ok(torn <= kills)
        for (const { rejected } of burstOutcomes) assert.deepEqual(rejected, [])
        totals.kills += kills
        totals.rows += ids.length
        totals.acknowledged += acknowledged.length
        totals.torn += torn
        outcomes.push(...burstOutcomes)
      }
      print(`one of ${RUNNERS} killed every 100 ms, ${longestOf(outcomes)}`, totals)
      assert.ok(totals.acknowledged > totals.kills)
    },
    TIMEOUT,
  )
})

/** Starts four writers and kills one of them, at random, every 100 ms; a new one takes its place. */
async function killInTurn(dir: string, kills: number, random: () => number): Promise<Outcome[]> {
  await pool.prepare(RUNNERS + kills)
  const jobOf = (index: number): Job => ({ dir, name: `w${index}`, mix: 'files' })
  const running = await start(RUNNERS, jobOf)
  const all = [...running]
  await running[0]?.run.acknowledges(1)
  for (let nth = 0; nth < kills; nth++) {
    await delay(KILL_EVERY_MS)
    const [victim] = running.splice(Math.floor(random() * RUNNERS), 1)
    victim?.writer.signal('SIGKILL')
    const [next] = await start(1, () => jobOf(RUNNERS + nth))
    if (next) {
      running.push(next)
      all.push(next)
    }
  }
  for (const { writer } of running) writer.tell('stop')
  return outcomesOf(all)
}
