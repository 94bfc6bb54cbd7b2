// Run as a worker thread by `threads.test.ts`.
import { parentPort, workerData } from 'node:worker_threads'
import { CSVLogger } from '../../src/store/csv-logger.ts'
import { DatasetLock } from '../../src/store/dataset-lock.ts'
import { nodeFileSystem } from '../../src/store/node-file-system.ts'
import { columnsOf, valuesOf } from './samples.ts'

/** What a thread does: it flags, or it takes the lock of the dataset and then ends or waits. */
export interface ThreadJob {
  readonly dir: string
  readonly name: string
  readonly task: 'flag' | 'lock and exit' | 'lock and wait'
  readonly flags: number
}

/** What it says. */
export type ThreadWord =
  | { readonly sent: string }
  | { readonly acknowledged: string }
  | { readonly rejected: string }
  | { readonly done: true }

const job = workerData as ThreadJob

function say(word: ThreadWord): void {
  parentPort?.postMessage(word)
}

async function flagAll(logger: CSVLogger, from: number): Promise<void> {
  for (let n = from; n < job.flags; n += 4) {
    const id = `${job.name}-${n}`
    say({ sent: id })
    try {
      await logger.flag(valuesOf('files', id))
      say({ acknowledged: id })
    } catch (error) {
      say({ rejected: `${id}: ${String(error)}` })
    }
  }
}

if (job.task === 'flag') {
  const logger = new CSVLogger()
  logger.onError = () => undefined
  await logger.setup(columnsOf('files'), job.dir)
  await Promise.all([0, 1, 2, 3].map((from) => flagAll(logger, from)))
  await logger.close()
  say({ done: true })
} else {
  const lock = new DatasetLock(nodeFileSystem, `${job.dir}/.flagging`)
  await lock.open()
  if (!(await lock.acquire(performance.now() + 2000))) throw new Error('The lock was not free')
  say({ done: true })
  if (job.task === 'lock and exit') process.exit(0)
  // A thread that waits for nothing would end.
  setInterval(() => undefined, 1000)
}
