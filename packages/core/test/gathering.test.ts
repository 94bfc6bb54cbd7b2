import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CSVLogger } from '../src/store/csv-logger.ts'
import { CALCULATOR, temporary, watchedFileSystem } from './csv-logger-support.ts'

const VALUES = [5, 'add', 7, 12]

describe('flags of a busy host', () => {
  it('that come in turn after turn share a write, and still each has its own count', async () => {
    let writes = 0
    const disk = watchedFileSystem(({ name, path }) => {
      if (name === 'write' && path.endsWith('logs.csv')) writes++
    })
    const logger = new CSVLogger({}, disk)
    await logger.setup(CALCULATOR, join(temporary(), 'flagged'))
    await logger.flag(VALUES)
    writes = 0
    // Four in the first turn: then the second is waited for, and while each brings one, the next.
    const flags = Array.from({ length: 4 }, () => logger.flag(VALUES))
    for (let turn = 0; turn < 3; turn++) {
      flags.push(logger.flag(VALUES))
      await nextTurn()
    }
    expect(await Promise.all(flags)).toEqual([2, 3, 4, 5, 6, 7, 8])
    expect(writes).toBe(1)
    await logger.close()
  })

  it('that never stop coming are stored all the same', async () => {
    const logger = new CSVLogger()
    await logger.setup(CALCULATOR, join(temporary(), 'flagged'))
    let isOver = false
    const first = logger.flag(VALUES).then((count) => ((isOver = true), count))
    const others: Promise<number>[] = []
    for (let turn = 0; turn < 100_000 && !isOver; turn++) {
      others.push(logger.flag(VALUES))
      await nextTurn()
    }
    expect(isOver).toBe(true)
    expect(await first).toBe(1)
    await Promise.all(others)
    await logger.close()
  })
})
