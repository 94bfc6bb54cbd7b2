// Forked by `guarded.ts`: several contestants in one process, one of which is asked at a time.
import { join } from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { make } from '../src/contestants/exchanges.ts'
import type { Settings } from '../src/measure/contestant.ts'
import type { Question } from './guarded.ts'

const [settings = '', dir = ''] = process.argv.slice(2)
const contestants = await Promise.all(
  (JSON.parse(settings) as Settings[]).map((one, nth) => make(one, join(dir, String(nth)))),
)
const collections = new PerformanceObserver(() => undefined)
collections.observe({ type: 'gc' })

const answers = {
  async bytes(nth: number, count: number): Promise<number> {
    // Twice, since memory outside of the heap is freed some time after the first.
    for (let turn = 0; turn < 2; turn++) {
      globalThis.gc?.()
      await delay(20)
    }
    collections.takeRecords()
    const before = held()
    await contestants[nth]?.round(count)
    const bytes = held() - before
    // What was seen of a collection is told in a turn of its own.
    await nextTurn()
    if (collections.takeRecords().length > 0) throw new Error('Garbage was collected meanwhile')
    return bytes / count
  },
  async cpu(nth: number, count: number): Promise<number> {
    const before = process.cpuUsage()
    await contestants[nth]?.round(count)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / count
  },
}

process.on('message', ({ what, nth, count }: Question) => {
  void answers[what](nth, count).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => void end())
process.send?.('ready')

function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function end(): Promise<void> {
  for (const contestant of contestants) await contestant.close()
  process.exit()
}
