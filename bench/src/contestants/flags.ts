import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { CSVLogger } from '@flagging/core'
import type { Contestant, Settings } from '../measure/contestant.ts'
import { COLUMNS, fillLog } from './fill-log.ts'

/**
 * Flags straight to a `CSVLogger`: its `fsync`, how many flags are under way `atOnce`, and how many
 * `rows` are there already.
 */
export async function make(settings: Settings, dir: string): Promise<Contestant> {
  const { fsync, atOnce, rows = 0 } = settings
  const place = join(dir, 'flagged')
  await fillLog(place, COLUMNS, [5, 'add', 7, '12'], Number(rows), () => '5,add,7,12')
  const logger = new CSVLogger({ fsync: fsync as 'none' })
  await logger.setup(COLUMNS, place)
  // The first reads what is there, as the first after a start does.
  let stored = await logger.flag([5, 'add', 7, '12'])
  assert.equal(stored, Number(rows) + 1)
  return {
    async round(count) {
      let left = count
      const flagOn = async (): Promise<void> => {
        while (left-- > 0) await logger.flag([5, 'add', 7, '12'])
      }
      await Promise.all(Array.from({ length: Number(atOnce) }, flagOn))
      stored += count
      return {}
    },
    async close() {
      assert.equal(await logger.flag([5, 'add', 7, '12']), stored + 1)
      await logger.close()
    },
  }
}
