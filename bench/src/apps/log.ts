import { type Component, CSVLogger, number, text } from '@flagging/core'
import type { MakeContestant } from '../contestant.ts'

const COMPONENTS: readonly Component[] = [
  number('num1'),
  text('operation'),
  number('num2'),
  text('Output'),
]

/** Flags straight to a `CSVLogger`; the argument is its `fsync` and how many flags are under way. */
export function make(argument: string): MakeContestant {
  const [fsync, atOnce] = argument.split(' ')
  return async (dir) => {
    const logger = new CSVLogger({ fsync: fsync as 'none' })
    await logger.setup(COMPONENTS, dir)
    return {
      async round(count) {
        let left = count
        const flagOn = async (): Promise<void> => {
          while (left-- > 0) await logger.flag([5, 'add', 7, '12'])
        }
        await Promise.all(Array.from({ length: Number(atOnce) }, flagOn))
      },
      close: () => logger.close(),
    }
  }
}
