import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CSVLogger, image, text } from '@flagging/core'

/** A picture of one dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const COMPONENTS = [
  { ...text('prompt'), role: 'input' },
  { ...image('im'), role: 'input' },
  { ...text('answer'), role: 'output' },
] as const
const AT_ONCE = 1000
const FIRST = Date.UTC(2024, 0, 1)
const MINUTE = 60_000

/**
 * Makes a dataset of so many rows, each with a picture of its own: one flag every minute, of which one
 * in a thousand is rare and one is the only one of its kind.
 */
export async function fillDataset(dir: string, rows: number): Promise<void> {
  const logger = new CSVLogger({ columns: ['timestamp', 'id', 'duration'], fsync: 'none' })
  await logger.setup(COMPONENTS, dir)
  const picture = { type: 'image/png', size: PNG.length, name: undefined, bytes: async () => PNG }
  const file = { ...picture, stream: () => new Blob([PNG]).stream(), saveTo: async () => undefined }
  await logger.flag(['first', file, 'ok'], 'good', 'user0', {
    components: COMPONENTS,
    dir,
    id: 'first',
    endpoint: 'draw',
    method: 'POST',
    status: 200,
    startedAt: new Date(FIRST),
    duration: 1,
    ended: 'complete',
    truncated: false,
  } as never)
  await logger.close()
  await mkdir(join(dir, 'im'), { recursive: true })
  const log = await open(join(dir, 'logs.csv'), 'a')
  for (let from = 1; from < rows; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, rows - from) }, (_, at) => from + at)
    await Promise.all(numbers.map((n) => writeFile(join(dir, 'im', `${n}.png`), PNG)))
    await log.write(`${numbers.map((n) => rowOf(n, rows)).join('\n')}\n`)
  }
  await log.close()
}

function rowOf(n: number, rows: number): string {
  const prompt = `"A picture of ""thing ${n % 977}"", wide\nand bright${n === 7 ? ' unicorn' : ''}"`
  const option = n % 1000 === 0 ? 'rare' : n % 3 === 0 ? 'bad' : 'good'
  const time = new Date(FIRST + n * MINUTE).toISOString()
  const user = `user${Math.floor((n * 50) / rows)}`
  return `${prompt},im/${n}.png,seen ${n},${option},${user},${time},id${n},${(n * 7919) % 4000}`
}
