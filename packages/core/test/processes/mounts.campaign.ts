import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, describe, expect, it } from 'vitest'
import { loadExamples } from '../../src/store/examples.ts'
import { temporary } from '../csv-logger-support.ts'
import { TIMEOUT, print } from './campaign.ts'
import { readDataset, readLog } from './dataset.ts'
import { changeMounts, mountProblem, seenBy, serverOnDisk, writerOnDisk } from './mounts.ts'
import { type Run, Writer } from './writer-pool.ts'

const NOBODY = 65_534
const writers: Writer[] = []

afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.kill()))
})

/** What a run was refused with, as `code errno`. */
function faultsOf({ outcome }: Run): string[] {
  return [...new Set(outcome.rejected.map(({ code, errno }) => `${code} ${errno}`.trim()))]
}

async function diskOf(kib: number): Promise<{ readonly disk: string; readonly writer: Writer }> {
  const disk = temporary()
  const writer = await writerOnDisk(disk, kib)
  writers.push(writer)
  return { disk, writer }
}

/**
 * All that was acknowledged is there, and nothing else, not even half of it.
 * @param mayStay files that could not be removed: the hourly sweep will
 */
async function checkWhole(
  run: Run,
  seen: string,
  mix: 'small' | 'files',
  mayStay = 0,
): Promise<void> {
  const { acknowledged, closed } = await run.over
  expect(closed).toBe(true)
  // The process still lives, and with it what it sees.
  const copy = join(temporary(), 'flagged')
  cpSync(seen, copy, { recursive: true })
  const { ids, torn, temporary: left, orphans } = await readDataset(copy, mix)
  expect(ids.toSorted()).toEqual(acknowledged.toSorted())
  expect(torn).toBe(0)
  expect(Math.max(left, orphans)).toBeLessThanOrEqual(mayStay)
}

const problem = mountProblem()
if (problem !== undefined) {
  process.stdout.write(`NOT RUN: no disks can be mounted here, so none was filled: ${problem}\n`)
}

describe.skipIf(problem !== undefined)('a writer on a disk', () => {
  it.each([
    { mix: 'small', kib: 64 },
    { mix: 'files', kib: 64 },
    { mix: 'files', kib: 256 },
  ] as const)(
    'of $kib KiB that is full refuses $mix flags, and takes them again once there is room',
    async ({ mix, kib }) => {
      const { disk, writer } = await diskOf(kib)
      const dir = join(disk, 'flagged')
      const run = writer.run({ dir, name: 'w', mix, concurrency: 3 })
      for (let times = 1; times <= 10; times++) {
        await run.rejects(10)
        // Half of a refused row may stand there for a moment; our own reader leaves it out.
        assert.ok((await loadExamples(seenBy(writer, dir))).length > 0)
        changeMounts(writer, 'mount', '-o', `remount,size=${kib * (times + 1)}k`, disk)
        await run.acknowledges(1)
      }
      changeMounts(writer, 'mount', '-o', `remount,size=1g`, disk)
      await run.acknowledges(20)
      writer.tell('stop')
      await checkWhole(run, seenBy(writer, dir), mix)
      expect(faultsOf(run)).toEqual(['ERR_FLAGGING_STORE ENOSPC'])
      const { acknowledged, rejected } = run.outcome
      const figures = { acknowledged: acknowledged.length, ENOSPC: rejected.length }
      print(`a full disk of ${kib} KiB, ${mix} rows`, figures)
    },
    TIMEOUT,
  )

  it('that is read-only refuses flags, and takes them again once it is not', async () => {
    const { disk, writer } = await diskOf(1024)
    const dir = join(disk, 'flagged')
    const first = writer.run({ dir, name: 'first', mix: 'files', flags: 5 })
    await first.over
    changeMounts(writer, 'mount', '-o', 'remount,ro', disk)
    const run = writer.run({ dir, name: 'w', mix: 'files' })
    await run.rejects(10)
    expect(run.outcome.acknowledged).toEqual([])
    changeMounts(writer, 'mount', '-o', 'remount,rw,size=1g', disk)
    await run.acknowledges(10)
    writer.tell('stop')
    await run.over
    expect(faultsOf(run)).toEqual(['ERR_FLAGGING_STORE EROFS'])
    const { ids } = await readLog(seenBy(writer, dir), 'logs.csv', 'files')
    expect(ids).toEqual(
      expect.arrayContaining([...first.outcome.acknowledged, ...run.outcome.acknowledged]),
    )
    print('a read-only disk', { EROFS: run.outcome.rejected.length, rows: ids.length })
  })

  it('where /dev/full lies in the place of the log refuses flags while it does', async () => {
    const { disk, writer } = await diskOf(64 * 1024)
    const dir = join(disk, 'flagged')
    const run = writer.run({ dir, name: 'w', mix: 'small' })
    await run.acknowledges(5)
    changeMounts(writer, 'mount', '--bind', '/dev/full', join(dir, 'logs.csv'))
    await run.rejects(10)
    changeMounts(writer, 'umount', join(dir, 'logs.csv'))
    await run.acknowledges(10)
    writer.tell('stop')
    await checkWhole(run, seenBy(writer, dir), 'small')
    expect(faultsOf(run)).toEqual(['ERR_FLAGGING_STORE'])
    print('/dev/full for a log', { refused: run.outcome.rejected.length })
  })

  it('that is full refuses flags of an app by 503, which answers 200 throughout', async () => {
    const disk = temporary()
    const { child, url } = await serverOnDisk(disk, 64)
    const counts: Record<string, number> = {}
    let flagged = 0
    const exchange = async (): Promise<number> => {
      const made = await fetch(`${url}/make/${flagged}`, { method: 'POST' })
      assert.equal(made.status, 200)
      assert.equal(((await made.json()) as { text: string }).text, `${flagged} `.repeat(500))
      const id = made.headers.get('flagging-id')
      const { status } = await fetch(`${url}/flag`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id }),
      })
      counts[status] = (counts[status] ?? 0) + 1
      if (status === 201) flagged++
      return status
    }
    try {
      while ((await exchange()) !== 503);
      for (let more = 0; more < 20; more++) assert.equal(await exchange(), 503)
      changeMounts(child, 'mount', '-o', 'remount,size=1m', disk)
      for (let more = 0; more < 20; more++) assert.equal(await exchange(), 201)
      const dir = seenBy(child, join(disk, 'flagged'))
      const [, ...rows] = parse(readFileSync(join(dir, 'logs.csv')))
      expect(rows.map(([n]) => n)).toEqual(Array.from({ length: flagged }, (_, n) => `${n}`))
      expect(readdirSync(join(dir, '.flagging')).filter((at) => at.endsWith('.tmp'))).toEqual([])
      print('an app on a full disk', { 'times 201': counts[201]!, 'times 503': counts[503]! })
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  })
})

const isRoot = process.getuid?.() === 0
if (!isRoot) process.stdout.write('NOT RUN: only root can become somebody else\n')

describe.skipIf(!isRoot)('a writer that is somebody else', () => {
  it('refuses flags while its directory is closed to it', async () => {
    const home = temporary()
    const dir = join(home, 'flagged')
    chownSync(home, NOBODY, NOBODY)
    const who = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    const writer = new Writer(who)
    writers.push(writer)
    await writer.ready
    const run = writer.run({ dir, name: 'w', mix: 'files' })
    for (let times = 0; times < 10; times++) {
      await run.acknowledges(3)
      chmodSync(dir, 0)
      await run.rejects(5)
      chmodSync(dir, 0o700)
    }
    await run.acknowledges(3)
    writer.tell('stop')
    // What was being stored when the directory was closed could not be removed any more.
    await checkWhole(run, dir, 'files', run.outcome.rejected.length)
    expect(faultsOf(run)).toEqual(['ERR_FLAGGING_STORE EACCES'])
    print('no right to the directory', { EACCES: run.outcome.rejected.length })
  })
})
