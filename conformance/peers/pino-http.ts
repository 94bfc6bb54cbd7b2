import type { Writable } from 'node:stream'
import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'
import { loadPeer } from './load-peer.ts'

let pinoHttp: (options: object, stream: Writable) => RequestHandler

/** What the table calls it. */
export const name = 'pino-http'

export async function prepare(): Promise<void> {
  pinoHttp = await loadPeer('pino-http')
}

/** As its README has it. It logs no bodies. */
export function express(app: Express, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  app.use(pinoHttp({}, journal.stream))
  return journal.silent
}
