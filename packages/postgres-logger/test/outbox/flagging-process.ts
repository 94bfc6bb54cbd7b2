// Run as a process of its own by `processes.ts`.
import { createHook } from 'node:async_hooks'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { SourceFile, memorySource } from '@flagging/core/store'
import { Database } from '../../src/database/database.ts'
import { Views } from '../../src/database/views.ts'
import { DirectoryFiles } from '../../src/files/directory-files.ts'
import { Outbox } from '../../src/outbox/outbox.ts'
import type { SampleRecord } from '../../src/samples/sample-record.ts'
import { SampleWriter } from '../../src/samples/sample-writer.ts'
import type { Job } from './processes.ts'

const { url, files, dir, concurrency, scanMs, patienceMs, flags, ends } = JSON.parse(
  process.argv[2] ?? '',
) as Job

/** A pipe is written at once: what was said is heard, however the process dies. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Also those that keep no process alive. */
const timers = new Set<number>()
createHook({
  init: (id, type) => type === 'Timeout' && timers.add(id),
  destroy: (id) => timers.delete(id),
}).enable()

const onError = (error: unknown): void => say(`? ${String(error)}`)
const database = new Database(url, 'flagging')
const views = new Views(database, onError)
const writer = new SampleWriter(database, new DirectoryFiles(files), { views, onError })
const outbox = new Outbox(
  { dir, maxBytes: 1024 ** 3, alarmBytes: 1024 ** 3, destination: 'flagging', writer, onError },
  { scanMs, idleMs: 30_000, patienceMs },
)

/** Each second one has a file, and each third one is long. */
function sample(at: number): SampleRecord {
  const id = randomUUID()
  const file = new SourceFile('a.png', 'image/png', memorySource(Buffer.from(id)))
  return {
    id,
    at: new Date(),
    folder: at % 5 === 0 ? 'other' : 'calculate',
    components: [
      { label: 'picture', type: 'image', role: 'input' },
      { label: 'Output', type: 'text', role: 'output' },
    ],
    values: [at % 2 === 0 ? file : null, at % 3 === 0 ? `${id}\n"`.repeat(3000) : id],
    option: null,
    username: null,
    comment: null,
    correction: null,
    interaction: null,
    endpoint: 'calculate',
    method: 'POST',
    status: 200,
    duration: 1,
    ended: 'complete',
    truncated: false,
    byHand: true,
  }
}

let isStopping = false
let next = 0

async function flagOn(): Promise<void> {
  while (!isStopping && next < flags) {
    const one = sample(next++)
    say(`> ${one.id}`)
    await outbox.add(one)
    say(`< ${one.id}`)
    await delay(1)
  }
}

async function stop(): Promise<void> {
  isStopping = true
  await flagged
  await outbox.close()
  await database.close()
  await nextTurn()
  await nextTurn()
  say(`closed with ${timers.size} timers`)
}

outbox.start()
say('started')
const flagged = Promise.all(Array.from({ length: concurrency }, flagOn))
if (ends) {
  // Neither told to stop nor to close anything.
  await flagged
} else {
  const input = createInterface({ input: process.stdin })
  input.once('line', () => void stop().finally(() => input.close()))
}
