import { join } from 'node:path'
import { promisify } from 'node:util'
import pino, { type DestinationStream, type Logger } from 'pino'
import type { Mounted } from './front.ts'

/** Pino into a file as its documentation has it where speed counts: in pieces, not one by one. */
export function pinoFile(dir: string): {
  readonly destination: DestinationStream
  readonly logger: Logger
  readonly mounted: Mounted
} {
  const destination = pino.destination({ dest: join(dir, 'log'), sync: false, minLength: 4096 })
  const flush = promisify<void>((done) => destination.flush((error) => done(error ?? null)))
  return { destination, logger: pino(destination), mounted: { settled: flush } }
}
