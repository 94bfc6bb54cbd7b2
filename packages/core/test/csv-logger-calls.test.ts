import { describe, expect, it } from 'vitest'
import { CSVLogger, type CSVLoggerOptions } from '../src/store/csv-logger.ts'
import { CALCULATOR, temporary, watchedFileSystem } from './csv-logger-support.ts'

/** The file system calls that so many flags at once take, once the log is open. */
async function callsOf(flags: number, options: CSVLoggerOptions): Promise<string[]> {
  let calls: string[] = []
  const logger = new CSVLogger(
    options,
    watchedFileSystem(({ name }) => void calls.push(name)),
  )
  await logger.setup(CALCULATOR, temporary())
  await logger.flag([5, 'add', 7, 12])
  calls = []
  await Promise.all(Array.from({ length: flags }, () => logger.flag([5, 'add', 7, 12])))
  const seen = [...calls]
  await logger.close()
  return seen
}

describe.each([{ fsync: 'batch' }, { fsync: 'none' }] as const)(
  'a CSVLogger with %o',
  (options) => {
    it('makes as many calls for a thousand flags at once as for two batches, and none for each', async () => {
      const one = await callsOf(1, options)
      const thousand = await callsOf(1000, options)
      expect(one.length).toBeLessThanOrEqual(9)
      // The first flag may be on its way before the others are there.
      expect(thousand.length).toBeLessThanOrEqual(2 * one.length)
      for (const name of ['write', 'datasync']) {
        const isOf = (call: string): boolean => call === name
        expect(thousand.filter(isOf).length).toBeLessThanOrEqual(2 * one.filter(isOf).length)
      }
      expect(one.includes('datasync')).toBe(options.fsync === 'batch')
    })
  },
)
