// Run as a process of its own by `writer-pool.ts`.
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { FlaggingError } from '../../src/errors.ts'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import type { FlagDetails } from '../../src/store/flagging-callback.ts'
import type { Job, Order } from './protocol.ts'
import { type Mix, columnsOf, valuesOf } from './samples.ts'

const PAUSE_MS = 10

let isStopping = false
let stop = (): void => undefined
const hogged: number[] = []

/** A pipe is written at once: what was said is heard, however the process dies. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function run(job: Job): Promise<void> {
  const { dir, name, mix, flags, concurrency = 4, fsync, deletes } = job
  isStopping = false
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const logger = new CSVLogger(fsync === undefined ? {} : { fsync })
  logger.onError = (error) => say(`? ${error instanceof FlaggingError ? error.code : 'none'}`)
  await logger.setup(columnsOf(mix), dir)
  let next = 0
  let longest = 0
  let pending = 0
  const flagOn = async (): Promise<void> => {
    while (!isStopping && next < (flags ?? Number.POSITIVE_INFINITY)) {
      const id = `${name}-${next++}`
      const values = valuesOf(mix, id)
      const isDoomed = deletes !== undefined && next % deletes === 0
      const given = isDoomed ? byHand(dir, mix, id) : undefined
      say(`> ${id}`)
      const since = performance.now()
      pending++
      try {
        await logger.flag(values, undefined, undefined, given).finally(() => pending--)
        say(`< ${id}`)
        if (isDoomed && !isStopping) await remove(logger, dir, id)
      } catch (error) {
        say(`! ${id} ${reasonOf(error)}`)
        await delay(PAUSE_MS)
      }
      longest = Math.max(longest, performance.now() - since)
    }
  }
  const flagged = Promise.all(Array.from({ length: concurrency }, flagOn))
  await Promise.race([flagged, stopped])
  await logger.close()
  if (pending > 0) say(`! ${pending} close() did not wait`)
  await flagged
  say(`. ${longest}`)
}

/** What makes a sample one that can be deleted by its id. */
function byHand(dir: string, mix: Mix, id: string): FlagDetails {
  return {
    components: columnsOf(mix),
    dir,
    id,
    endpoint: 'test',
    method: 'POST',
    status: 200,
    startedAt: new Date(),
    duration: 1,
    ended: 'complete',
    truncated: false,
    byHand: true,
  }
}

async function remove(logger: CSVLogger, dir: string, id: string): Promise<void> {
  say(`- ${id}`)
  const count = await logger.remove(dir, { id })
  say(count === 1 ? `= ${id}` : `! ${id} deleted ${count} times`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof FlaggingError)) return `${String(error)} `
  return `${error.code} ${errnoIn(error.cause)}`
}

function errnoIn(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : ''
}

let hogging: NodeJS.Timeout | undefined

/** Takes every descriptor, and again those that flags under way give back meanwhile. */
function hog(): void {
  try {
    for (;;) hogged.push(openSync('/dev/null', 'r'))
  } catch {
    if (hogging === undefined) say('hogged')
  }
  hogging ??= setInterval(hog, 1)
}

function free(): void {
  clearInterval(hogging)
  hogging = undefined
  for (const fd of hogged.splice(0)) closeSync(fd)
}

function obey(order: Order): void {
  if (order === 'stop') {
    isStopping = true
    stop()
  } else if (order === 'hog') hog()
  else free()
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.startsWith('{')) void run(JSON.parse(line) as Job)
  else obey(line as Order)
})
// What is loaded with the first sample is loaded by now, too.
await import('file-type')
say('ready')
