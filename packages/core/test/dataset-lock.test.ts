import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CSVLogger } from '../src/store/csv-logger.ts'
import { DatasetLock } from '../src/store/dataset-lock.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { CALCULATOR, temporary } from './csv-logger-support.ts'

const VALUES = [5, 'add', 7, 12]

async function lockIn(folder: string): Promise<DatasetLock> {
  const lock = new DatasetLock(nodeFileSystem, folder)
  await lock.open()
  onTestFinished(() => lock.close())
  return lock
}

function soon(milliseconds: number): number {
  return performance.now() + milliseconds
}

describe('the lock of a dataset', () => {
  it('may be taken again while a neighbour waits for it, but only for a moment', async () => {
    const folder = temporary()
    const lock = await lockIn(folder)
    const turn = await nodeFileSystem.open(join(folder, 'turn'), 'write')
    onTestFinished(() => turn.close())
    expect(await lock.acquire(0)).toBe(true)
    lock.release()
    // As one that waits, and has been stopped.
    expect(turn.tryLock()).toBe(true)
    expect(await lock.acquire(0)).toBe(true)
    lock.release()
    await delay(30)
    expect(await lock.acquire(soon(50))).toBe(false)
    turn.unlock()
    expect(await lock.acquire(soon(10_000))).toBe(true)
  })

  it('is not waited for by one who was overtaken without taking a turn', async () => {
    const folder = temporary()
    const [lock, other] = [await lockIn(folder), await lockIn(folder)]
    expect(await lock.acquire(0)).toBe(true)
    lock.release()
    expect(await other.acquire(0)).toBe(true)
    expect(await lock.acquire(0)).toBe(false)
    const turn = await nodeFileSystem.open(join(folder, 'turn'), 'write')
    onTestFinished(() => turn.close())
    expect(turn.tryLock()).toBe(true)
    other.release()
    expect(await lock.acquire(soon(10))).toBe(false)
  })

  it('comes to those who wait in the order in which they came', async () => {
    const folder = temporary()
    const locks = await Promise.all(Array.from({ length: 6 }, () => lockIn(folder)))
    const came = locks.map((_, nth) => nth)
    let inOrder = 0
    for (let round = 0; round < 5; round++) {
      const holder = await lockIn(folder)
      expect(await holder.acquire(soon(1000))).toBe(true)
      const got: number[] = []
      const waiting = locks.map(async (lock, nth) => {
        await delay(5 * nth)
        expect(await lock.acquire(soon(60_000))).toBe(true)
        got.push(nth)
        lock.release()
      })
      await delay(50)
      holder.release()
      await Promise.all(waiting)
      expect(got.toSorted((a, b) => a - b)).toEqual(came)
      if (got.join() === came.join()) inOrder++
    }
    // Parts of a file, which the order is made of, cannot be locked there.
    if (process.platform === 'darwin') return
    // A machine that stops for a quarter of a second ends every order.
    expect(inOrder).toBeGreaterThanOrEqual(3)
  })

  it('comes to the next one when somebody in front of it gives up or ends', async () => {
    const folder = temporary()
    const [holder, hasty, dying, last] = await Promise.all(
      Array.from({ length: 4 }, () => lockIn(folder)),
    )
    expect(await holder?.acquire(0)).toBe(true)
    const givenUp = hasty?.acquire(soon(30))
    await delay(5)
    const turn = await nodeFileSystem.open(join(folder, 'turn'), 'write')
    // As one behind it, whose process is killed then.
    expect(turn.tryLock(1)).toBe(true)
    const waiting = last?.acquire(soon(60_000))
    expect(await givenUp).toBe(false)
    await turn.close()
    expect(await dying?.acquire(soon(5))).toBe(false)
    holder?.release()
    expect(await waiting).toBe(true)
  })

  it('comes to each of several loggers in time, however busy the others are', async () => {
    const dir = join(temporary(), 'flagged')
    const [busy, calm] = [new CSVLogger(), new CSVLogger()]
    for (const logger of [busy, calm]) await logger.setup(CALCULATOR, dir)
    let isOver = false
    let flags = 0
    const flow = async (): Promise<void> => {
      for (; !isOver; flags++) await busy.flag(VALUES)
    }
    const flows = Array.from({ length: 64 }, flow)
    const waits: number[] = []
    for (let nth = 0; nth < 20; nth++) {
      await delay(10)
      const start = performance.now()
      await calm.flag(VALUES)
      waits.push(performance.now() - start)
    }
    isOver = true
    await Promise.all([...flows, busy.close(), calm.close()])
    expect(Math.max(...waits)).toBeLessThan(1000)
    expect(flags).toBeGreaterThan(20)
  })
})
