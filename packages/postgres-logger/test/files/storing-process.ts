// Run as a process of its own by `storing-process.test.ts`.
import { SourceFile } from '@flagging/core/store'
import { DirectoryFiles, type FileStore } from '@flagging/postgres-logger'
import { S3Files } from '@flagging/postgres-logger/s3'
import type { StoringJob } from './storing-process.test.ts'

const job = JSON.parse(process.argv[2] ?? '{}') as StoringJob
const { place } = job
const store: FileStore = typeof place === 'string' ? new DirectoryFiles(place) : new S3Files(place)
const file = new SourceFile(undefined, 'image/png', { size: job.size, chunks })

async function* chunks(): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024, 1)
  for (let given = 0; given < job.size; given += chunk.length) {
    // A large file is read once before, for its hash.
    if (job.stopsAt !== undefined && given >= job.stopsAt && isLastRead()) {
      process.stdout.write('stopped\n')
      await new Promise((resume) => setTimeout(resume, 3_600_000))
    }
    yield chunk.subarray(0, Math.min(chunk.length, job.size - given))
  }
  reads++
}

let reads = 0
function isLastRead(): boolean {
  return reads === (job.readsBefore ?? 0)
}

await store.put(job.key, file)
for await (const chunk of store.open(job.key, job.size).chunks()) {
  if (chunk.length > 0) break
}
for await (const chunk of store.open(job.key, job.size).chunks()) void chunk
await store.close()
process.stdout.write('closed\n')
