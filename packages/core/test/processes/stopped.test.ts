import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, it } from 'vitest'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'
import { temporary } from '../csv-logger-support.ts'
import { TIMEOUT, print, times } from './campaign.ts'
import { assertWithin, readDataset, readLog } from './dataset.ts'
import { type Mix, columnsOf, valuesOf } from './samples.ts'
import { type Run, type Writer, WriterPool } from './writer-pool.ts'

const pool = new WriterPool()
afterAll(() => pool.end())

/** Whether somebody has the lock of a dataset. */
async function isLocked(dir: string): Promise<boolean> {
  const file = await nodeFileSystem.open(join(dir, '.flagging', 'lock'), 'write')
  try {
    return !file.tryLock()
  } finally {
    await file.close()
  }
}

/** Stops a process, and waits until it stands still. */
async function stop(writer: Writer): Promise<void> {
  writer.signal('SIGSTOP')
  const state = `/proc/${writer.pid}/stat`
  // Elsewhere than on Linux nobody says so.
  if (!existsSync(state)) return delay(100)
  while (!/\) [Tt] /.test(readFileSync(state, 'latin1'))) await delay(1)
}

/** Stops the only writer of a dataset while it has the lock. */
async function stopLocked(writer: Writer, dir: string): Promise<void> {
  for (;;) {
    const { size } = statSync(join(dir, 'logs.csv'))
    const end = performance.now() + 500
    while (statSync(join(dir, 'logs.csv')).size === size && performance.now() < end);
    await stop(writer)
    if (await isLocked(dir)) return
    writer.signal('SIGCONT')
    await delay(5)
  }
}

async function flagSome(dir: string, mix: Mix, name: string, count: number): Promise<string[]> {
  const logger = new CSVLogger()
  logger.onError = () => undefined
  await logger.setup(columnsOf(mix), dir)
  const ids = Array.from({ length: count }, (_, n) => `${name}-${n}`)
  for (const id of ids) await logger.flag(valuesOf(mix, id))
  await logger.close()
  return ids
}

/** A dataset whose lock is held by a writer that stands still, and two others that want it. */
interface Scene {
  readonly dir: string
  readonly holder: Writer
  readonly held: Run
  readonly others: readonly { readonly writer: Writer; readonly run: Run }[]
}

async function standStill(mix: Mix): Promise<Scene> {
  await pool.prepare(3)
  const dir = join(temporary(), 'flagged')
  const [holder, ...writers] = [await pool.take(), await pool.take(), await pool.take()]
  const held = holder.run({ dir, name: 'held', mix, concurrency: 1 })
  await held.acknowledges(1)
  await stopLocked(holder, dir)
  const others = writers.map((writer, index) => ({
    writer,
    run: writer.run({ dir, name: `other${index}`, mix, concurrency: 2 }),
  }))
  return { dir, holder, held, others }
}

async function endOf({ holder, held, others }: Scene): Promise<void> {
  for (const { writer } of others) writer.tell('stop')
  if (holder.isAlive) holder.tell('stop')
  await Promise.all([held.over, ...others.map(({ run }) => run.over)])
  pool.give(holder, ...others.map(({ writer }) => writer))
}

describe('a writer that is stopped while it has the lock', () => {
  it.each(
    times(['small'] as const, ['small', 'large'] as const).flatMap((mix) =>
      (['SIGCONT', 'SIGKILL'] as const).map((signal) => ({ mix, signal })),
    ),
  )(
    'lets others fail with ERR_FLAGGING_LOCK and go on by themselves after $signal, $mix rows',
    async ({ mix, signal }) => {
      const totals = { stops: 0, 'flags refused': 0, rows: 0, 'of the stopped one': 0, torn: 0 }
      let longest = 0
      for (let round = 0; round < times(1, mix === 'large' ? 2 : 5); round++) {
        const scene = await standStill(mix)
        const { dir, holder, held, others } = scene
        await Promise.all(others.map(({ run }) => run.rejects(3)))
        totals.stops++
        for (const { run } of others) assert.deepEqual(run.outcome.acknowledged, [])
        assert.ok(await isLocked(dir))
        if (signal === 'SIGCONT') holder.signal('SIGCONT')
        else await holder.kill()
        await Promise.all(others.map(({ run }) => run.acknowledges(3)))
        if (signal === 'SIGCONT') await held.acknowledges(1)
        await endOf(scene)
        const outcomes = [held.outcome, ...others.map(({ run }) => run.outcome)]
        const rejected = outcomes.flatMap((outcome) => outcome.rejected)
        assert.deepEqual(new Set(rejected.map(({ code }) => code)), new Set(['ERR_FLAGGING_LOCK']))
        assert.deepEqual(held.outcome.rejected, [])
        const last = await flagSome(dir, mix, 'last', 1)
        const { ids, torn } = await readDataset(dir, mix)
        const acknowledged = outcomes.flatMap((outcome) => outcome.acknowledged)
        assertWithin([...acknowledged, ...last], ids, 'acknowledged, but not there')
        const refused = new Set(rejected.map(({ id }) => id))
        assert.deepEqual(
          ids.filter((id) => refused.has(id)),
          [],
          'refused, but there',
        )
        assert.ok(torn <= 1)
        totals['flags refused'] += rejected.length
        totals.rows += ids.length
        totals.torn += torn
        totals['of the stopped one'] += ids.filter((id) => id.startsWith('held')).length
        longest = Math.max(longest, ...others.map(({ run }) => run.outcome.longest))
      }
      print(`stopped, ${signal}, ${mix} rows, ${Math.round(longest)} ms the longest flag`, totals)
    },
    TIMEOUT,
  )

  it(
    'and whose log is put away meanwhile writes on where it can be found',
    async () => {
      let stops = 0
      for (; stops < times(2, 20); stops++) {
        await pool.prepare(1)
        const dir = join(temporary(), 'flagged')
        const holder = await pool.take()
        const held = holder.run({ dir, name: 'held', mix: 'small', concurrency: 1 })
        await held.acknowledges(2)
        await stopLocked(holder, dir)
        renameSync(join(dir, 'logs.csv'), join(dir, 'logs.csv.1'))
        holder.signal('SIGCONT')
        await held.acknowledges(3)
        holder.tell('stop')
        const { sent, acknowledged } = await held.over
        pool.give(holder)
        assert.deepEqual(acknowledged, sent)
        const before = await readLog(dir, 'logs.csv.1', 'small')
        const after = await readLog(dir, 'logs.csv', 'small')
        assert.deepEqual([...before.ids, ...after.ids], sent)
      }
      print('stopped, and its log renamed', { stops })
    },
    TIMEOUT,
  )
})
