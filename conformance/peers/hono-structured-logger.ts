import type { Hono, MiddlewareHandler } from 'hono'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'
import { loadPeer } from './load-peer.ts'

interface StructuredLogger {
  structuredLogger(options: { createLogger(): object }): MiddlewareHandler
}

let peer: StructuredLogger

/** What the table calls it. */
export const name = '@hono/structured-logger'

export async function prepare(): Promise<void> {
  peer = await loadPeer('@hono/structured-logger')
}

/** As its README has it. It logs no bodies. */
export function hono(app: Hono, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  const log = (...parts: unknown[]): void => parts.forEach((part) => journal.add(part))
  const logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log }
  app.use(peer.structuredLogger({ createLogger: () => logger }))
  return journal.silent
}
