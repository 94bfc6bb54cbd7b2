// Run as a process of its own by `startWriter`.
import { SourceFile, memorySource } from '../src/store/byte-source.ts'
import { CSVLogger } from '../src/store/csv-logger.ts'
import type { WriterJob } from './csv-logger-support.ts'

const job = JSON.parse(process.argv[2] ?? '{}') as WriterJob
const fillers = Array.from({ length: job.width }, (_, i) => `filler ${i}`)
// Quotes and line ends: a row that is cut anywhere must not look like a whole one.
const filler = 'a "b"\n'.repeat(job.size / 6)
const logger = new CSVLogger()
// Of the rows that a killed one before left unfinished.
logger.onError = () => undefined
await logger.setup(
  ['value', 'upload', ...fillers].map((label) => ({ label, type: 'any' })),
  job.dir,
)

let started = 0
async function flagOn(): Promise<void> {
  while (started < job.flags) {
    const value = `${job.name}-${started++}`
    const upload = job.files
      ? new SourceFile(undefined, 'application/json', memorySource(Buffer.from(value)))
      : null
    await logger.flag([value, upload, ...fillers.map(() => filler)])
    process.stdout.write(`${value}\n`)
  }
}

await Promise.all(Array.from({ length: job.concurrency }, flagOn))
await logger.close()
