import { parentPort, workerData } from 'node:worker_threads'
import { FlaggingError } from '../errors.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'
import { LogDesk } from './log-desk.ts'
import type { ReviewStore } from './review-store.ts'
import type { ReviewPlace } from './review-log.ts'
import type { ReviewReply, ReviewRequest } from './review-thread.ts'

const port = parentPort
const place = workerData as Omit<ReviewPlace, 'fs'>
const desk: ReviewStore = new LogDesk({ ...place, fs: nodeFileSystem })

port?.on('message', (request: ReviewRequest) => void reply(request))

async function reply({ id, call, args }: ReviewRequest): Promise<void> {
  let answer: ReviewReply
  try {
    const method = desk[call].bind(desk) as (...given: readonly unknown[]) => Promise<unknown>
    answer = { id, value: await method(...args) }
  } catch (error) {
    answer = { id, error: errorOf(error) }
  }
  try {
    port?.postMessage(answer)
  } catch (error) {
    port?.postMessage({ id, error: errorOf(error) } satisfies ReviewReply)
  }
}

function errorOf(error: unknown): { code: string | undefined; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof FlaggingError ? error.code : undefined, message }
}
