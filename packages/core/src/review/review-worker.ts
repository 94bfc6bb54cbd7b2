import { parentPort } from 'node:worker_threads'
import { FlaggingError } from '../errors.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'
import { LogDesk } from './log-desk.ts'
import type { NamedPlace, ReviewReply, ReviewRequest } from './review-thread.ts'

/** Places of which something is remembered. */
const PLACES = 16

const port = parentPort
const desks = new Map<string, LogDesk>()

port?.on('message', (request: ReviewRequest) => void reply(request))

async function reply({ id, place, call, args }: ReviewRequest): Promise<void> {
  try {
    const desk = deskAt(place)
    const method = desk[call].bind(desk) as (...given: readonly unknown[]) => Promise<unknown>
    port?.postMessage({ id, value: await method(...args) } satisfies ReviewReply)
  } catch (error) {
    port?.postMessage({ id, error: errorOf(error) } satisfies ReviewReply)
  }
}

function deskAt(place: NamedPlace): LogDesk {
  const name = JSON.stringify(place)
  const desk = desks.get(name) ?? new LogDesk({ ...place, fs: nodeFileSystem })
  desks.delete(name)
  const [oldest] = desks.keys()
  if (desks.size >= PLACES && oldest !== undefined) desks.delete(oldest)
  desks.set(name, desk)
  return desk
}

function errorOf(error: unknown): { code: string | undefined; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof FlaggingError ? error.code : undefined, message }
}
