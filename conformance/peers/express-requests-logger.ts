import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'
import { loadPeer } from './load-peer.ts'

let audit: (options: object) => RequestHandler

/** What the table calls it. */
export const name = 'express-requests-logger'

export async function prepare(): Promise<void> {
  audit = await loadPeer('express-requests-logger')
}

/** As its README has it, with nothing excluded or masked: bodies are logged without any limit. */
export function express(app: Express, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  const log = (entry: unknown): void => journal.add(entry)
  app.use(audit({ logger: { trace: log, debug: log, info: log, warn: log, error: log } }))
  return journal.mounted
}
