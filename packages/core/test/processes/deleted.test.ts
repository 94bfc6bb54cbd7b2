import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, it } from 'vitest'
import { readSamples } from '../../src/store/examples.ts'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { temporary } from '../csv-logger-support.ts'
import { keysOf } from '../deletion-support.ts'
import { TIMEOUT, print, seeded, times } from './campaign.ts'
import { assertWithin, readDataset } from './dataset.ts'
import type { Job, Outcome } from './protocol.ts'
import { columnsOf } from './samples.ts'
import type { ThreadJob, ThreadWord } from './thread.ts'
import { type Run, type Writer, WriterPool } from './writer-pool.ts'

const MAX_DELAY_MS = 150

const pool = new WriterPool()
afterAll(() => pool.end())

async function start(
  jobs: readonly Job[],
): Promise<{ readonly writers: Writer[]; readonly runs: Run[] }> {
  await pool.prepare(jobs.length)
  const writers = await Promise.all(jobs.map(() => pool.take()))
  return { writers, runs: writers.map((writer, index) => writer.run(jobs[index]!)) }
}

function all<Name extends 'sent' | 'acknowledged' | 'doomed' | 'deleted'>(
  outcomes: readonly Outcome[],
  name: Name,
): string[] {
  return outcomes.flatMap((outcome) => outcome[name])
}

/** What was stored and not deleted is there, once and whole, and nothing else. */
async function check(dir: string, outcomes: readonly Outcome[]): Promise<number> {
  const { ids } = await readDataset(dir, 'files')
  const doomed = new Set(all(outcomes, 'doomed'))
  const kept = all(outcomes, 'acknowledged').filter((id) => !doomed.has(id))
  assertWithin(kept, ids, 'acknowledged, but not there')
  assertWithin(ids, all(outcomes, 'sent'), 'there, but never sent')
  const deleted = new Set(all(outcomes, 'deleted'))
  assert.deepEqual(
    ids.filter((id) => deleted.has(id)),
    [],
    'deleted, but there',
  )
  for (const { rejected } of outcomes) assert.deepEqual(rejected, [])
  return ids.length
}

/** The paths that files were given; none can be given twice. */
function checkNumbers(dir: string): void {
  const notes = readFileSync(join(dir, '.flagging', 'sizes'), 'utf8').split('\n')
  const paths = notes.filter((note) => note !== '').map((note) => note.slice(note.indexOf(',') + 1))
  assert.equal(new Set(paths).size, paths.length, 'A number was given out again')
}

describe('deleting beside those who flag', () => {
  it(
    'processes lose nothing, are refused nothing, and never get a number again',
    async () => {
      const dir = join(temporary(), 'flagged')
      const flags = times(50, 3000)
      const { writers, runs } = await start([
        { dir, name: 'a', mix: 'files', flags, deletes: 3 },
        { dir, name: 'b', mix: 'files', flags, deletes: 5 },
        { dir, name: 'c', mix: 'files', flags },
        { dir, name: 'd', mix: 'files', flags, fsync: 'none' },
      ])
      const outcomes = await Promise.all(runs.map(({ over }) => over))
      pool.give(...writers)
      const rows = await check(dir, outcomes)
      const deleted = all(outcomes, 'deleted')
      assert.equal(deleted.length, all(outcomes, 'doomed').length)
      assert.equal(rows, 4 * flags - deleted.length)
      const found = await readDataset(dir, 'files')
      assert.deepEqual([found.torn, found.temporary, found.orphans], [0, 0, 0])
      checkNumbers(dir)
      const longest = Math.max(...outcomes.slice(2).map((outcome) => outcome.longest))
      print(
        `deletions of 2 of 4 processes, ${Math.round(longest)} ms the longest flag of the others`,
        {
          rows,
          deleted: deleted.length,
        },
      )
    },
    TIMEOUT,
  )

  it(
    'worker threads lose nothing, and who reads meanwhile gets whole rows',
    async () => {
      const dir = join(temporary(), 'flagged')
      const flags = times(40, 1500)
      const acknowledged: string[] = []
      const threads = ['s', 't'].map((name) => {
        const workerData: ThreadJob = { dir, name, task: 'flag', flags }
        const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData })
        return new Promise<void>((resolve, reject) => {
          worker.on('message', (word: ThreadWord) => {
            if ('acknowledged' in word) acknowledged.push(word.acknowledged)
            else if ('rejected' in word) reject(new Error(word.rejected))
          })
          worker.on('error', reject)
          worker.on('exit', () => resolve())
        })
      })
      const over = Promise.all(threads).then(() => true)
      const logger = new CSVLogger()
      await logger.setup(columnsOf('files'), dir)
      const deleted: string[] = []
      for (let isOver = false; !isOver;) {
        isOver = await Promise.race([over, delay(10, false)])
        const doomed = acknowledged.filter((id) => !deleted.includes(id)).slice(0, 2)
        if (doomed.length === 0) continue
        const rows = keysOf(dir, doomed)
        const [count, seen] = await Promise.all([logger.remove(dir, { rows }), read(dir)])
        assert.equal(count, doomed.length)
        deleted.push(...doomed)
        const gone = new Set(deleted.slice(0, -doomed.length))
        assert.deepEqual(
          seen.filter((id) => gone.has(id)),
          [],
        )
      }
      await logger.close()
      const { ids, torn, temporary: left, orphans } = await readDataset(dir, 'files')
      const kept = acknowledged.filter((id) => !deleted.includes(id))
      assert.deepEqual(ids.toSorted(), kept.toSorted())
      assert.deepEqual([torn, left, orphans], [0, 0, 0])
      assert.ok(deleted.length > 3)
      checkNumbers(dir)
    },
    TIMEOUT,
  )

  it(
    'killed at any moment, leaves the old log or the new one',
    async () => {
      const rounds = times(6, 200)
      const random = seeded('deleting and killed')
      const totals = { kills: 0, rows: 0, deleted: 0, doubtful: 0, temporary: 0, orphans: 0 }
      const shared = times(3, 10)
      for (let round = 0; round < rounds; round += shared) {
        const dir = join(temporary(), 'flagged')
        const outcomes: Outcome[] = []
        for (let nth = 0; nth < shared; nth++) {
          const name = `${round}.${nth}`
          const { writers, runs } = await start([
            { dir, name: `a${name}`, mix: 'files', deletes: 2 },
            { dir, name: `b${name}`, mix: 'files', deletes: 4 },
          ])
          await runs[0]?.deletes(1)
          await delay(random() * MAX_DELAY_MS)
          await writers[0]?.kill()
          writers[1]?.tell('stop')
          outcomes.push(...(await Promise.all(runs.map((run) => run.over))))
          pool.give(...writers)
          totals.kills++
          await check(dir, outcomes)
        }
        const found = await readDataset(dir, 'files')
        totals.rows += found.ids.length
        totals.deleted += all(outcomes, 'deleted').length
        totals.doubtful += all(outcomes, 'doomed').length - all(outcomes, 'deleted').length
        totals.temporary += found.temporary
        totals.orphans += found.orphans
      }
      print('deleting and killed', totals)
      assert.ok(totals.deleted >= rounds)
    },
    TIMEOUT,
  )
})

async function read(dir: string): Promise<string[]> {
  const ids: string[] = []
  const onBad = (error: Error): never => assert.fail(error.message)
  for await (const { inputs } of readSamples(dir, { onBad })) {
    ids.push(typeof inputs['id'] === 'string' ? inputs['id'] : '')
  }
  return ids
}
