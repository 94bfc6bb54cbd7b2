import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { temporary } from '../csv-logger-support.ts'
import { TIMEOUT, print, times } from './campaign.ts'
import { assertWithin, readDataset, readLog } from './dataset.ts'
import { Writer } from './writer-pool.ts'

const writers: Writer[] = []
const endAll = async (): Promise<void> => {
  await Promise.all(writers.splice(0).map((writer) => writer.kill()))
}
afterEach(endAll)
afterAll(endAll)

/** A writer behind what a shell sets up first. */
async function writerIn(script: string): Promise<Writer> {
  const writer = new Writer(['sh', '-c', `${script}; exec "$@"`, 'sh'])
  writers.push(writer)
  await writer.ready
  return writer
}

describe('a process that may not', () => {
  it(
    'write longer files refuses flags, keeps its log well-formed, and goes on with the next log',
    async () => {
      // Blocks of 512 bytes in some shells and of 1024 in others: 1 or 2 MB.
      const writer = await writerIn('ulimit -f 2000')
      const dir = join(temporary(), 'flagged')
      const run = writer.run({ dir, name: 'w', mix: 'medium', concurrency: 2 })
      const names: string[] = []
      for (let nth = 0; nth < times(3, 20); nth++) {
        await run.rejects(5)
        names.push(`logs.csv.${nth}`)
        renameSync(join(dir, 'logs.csv'), join(dir, `logs.csv.${nth}`))
        await run.acknowledges(1)
      }
      writer.tell('stop')
      const { acknowledged, rejected, closed } = await run.over
      expect(closed).toBe(true)
      const faults = new Set(rejected.map(({ code, errno }) => `${code} ${errno}`))
      expect([...faults]).toEqual(['ERR_FLAGGING_STORE EFBIG'])
      const ids: string[] = []
      // Only now: while it tries, a part of a row is there and is cut off again.
      for (const name of [...names, 'logs.csv']) {
        const log = await readLog(dir, name, 'medium')
        assert.ok(log.ids.length > 0)
        ids.push(...log.ids)
      }
      expect(ids).toEqual(acknowledged)
      print('RLIMIT_FSIZE', { acknowledged: acknowledged.length, EFBIG: rejected.length })
    },
    TIMEOUT,
  )

  it(
    'open more files refuses flags, and takes them again once it may',
    async () => {
      const writer = await writerIn('ulimit -n 100')
      const dir = join(temporary(), 'flagged')
      const run = writer.run({ dir, name: 'w', mix: 'files', concurrency: 4 })
      for (let nth = 0; nth < times(3, 20); nth++) {
        await run.acknowledges(5)
        const hogged = writer.heard('hogged')
        writer.tell('hog')
        await hogged
        await run.rejects(5)
        writer.tell('free')
      }
      await run.acknowledges(5)
      writer.tell('stop')
      const { acknowledged, rejected, sent, closed } = await run.over
      expect(closed).toBe(true)
      const faults = new Set(rejected.map(({ code, errno }) => `${code} ${errno}`))
      expect([...faults]).toEqual(['ERR_FLAGGING_STORE EMFILE'])
      const { ids, torn, temporary: left, orphans } = await readDataset(dir, 'files')
      assertWithin(acknowledged, ids, 'acknowledged, but not there')
      assertWithin(ids, sent, 'there, but never sent')
      expect(ids).toHaveLength(acknowledged.length)
      expect([torn, left, orphans]).toEqual([0, 0, 0])
      print('RLIMIT_NOFILE', { acknowledged: acknowledged.length, EMFILE: rejected.length })
    },
    TIMEOUT,
  )
})
