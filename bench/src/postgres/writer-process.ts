// Forked by `writers.ts`: writes samples in a process of its own, one round at a time.
import { loggerWriter } from './logger-writer.ts'
import { copyWriter, insertWriter } from './plain-writers.ts'
import { sampleOf } from './sample-of.ts'
import type { Writer } from './writer.ts'

const [way = '', url = '', schema = '', dir = ''] = process.argv.slice(2)
const writer = await writerOf(way)

process.on('message', (count: number) => void (count > 0 ? play(count) : end()))
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function writerOf(name: string): Promise<Writer> {
  if (name === 'copy') return copyWriter(url, schema)
  if (name === 'insert') return insertWriter(url, schema)
  return loggerWriter(url, schema, dir, name === 'direct')
}

async function play(count: number): Promise<void> {
  const samples = Array.from({ length: count }, (_, n) => sampleOf(n, dir))
  const before = process.cpuUsage()
  await writer.write(samples)
  const { user, system } = process.cpuUsage(before)
  process.send?.({ cpu: user + system })
}

async function end(): Promise<void> {
  await writer.close()
  process.exit()
}
