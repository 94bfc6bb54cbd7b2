import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Component, CSVLogger, number, text } from '@flagging/core'

/** Columns of flags that are measured. */
export const COLUMNS: readonly Component[] = [
  number('num1'),
  text('operation'),
  number('num2'),
  text('Output'),
]

/** How many rows are written at once by hand. */
const AT_ONCE = 10_000

/**
 * Makes a log of so many rows in no time: flags the first, then appends the others by hand, while
 * nobody has it open.
 * @param row the line of each row, without its end
 */
export async function fillLog(
  dir: string,
  components: readonly Component[],
  first: readonly (string | number)[],
  rows: number,
  row: (nth: number) => string,
): Promise<void> {
  if (rows === 0) return
  const logger = new CSVLogger({ fsync: 'none' })
  await logger.setup(components, dir)
  await logger.flag(first)
  await logger.close()
  const log = await open(join(dir, 'logs.csv'), 'a')
  for (let from = 1; from < rows; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, rows - from) }, (_, at) => row(from + at))
    await log.write(`${some.join('\n')}\n`)
  }
  await log.close()
}
