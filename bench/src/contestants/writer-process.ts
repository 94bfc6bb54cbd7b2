// Forked by `writers.ts`: one of several that flag into one directory.
import { CSVLogger, number, text } from '@flagging/core'

const [writer = '', dir = '', fsync = '', atOnce = ''] = process.argv.slice(2)
const logger = new CSVLogger({ fsync: fsync as 'none' })
await logger.setup([number('writer'), number('nth'), text('text')], dir)
let nth = 0

process.on('message', (count: number) => void flag(count))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function flag(count: number): Promise<void> {
  const before = process.cpuUsage()
  let left = count
  const flagOn = async (): Promise<void> => {
    while (left-- > 0) await logger.flag([Number(writer), nth++, 'some words to fill the row'])
  }
  await Promise.all(Array.from({ length: Number(atOnce) }, flagOn))
  const { user, system } = process.cpuUsage(before)
  process.send?.(user + system)
}
