import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'
import { loadPeer } from './load-peer.ts'

interface Mung {
  json(change: (body: unknown) => void, options: object): RequestHandler
  write(change: (chunk: unknown) => void, options: object): RequestHandler
}

let mung: Mung

/** What the table calls it. */
export const name = 'express-mung'

export async function prepare(): Promise<void> {
  mung = await loadPeer('express-mung')
}

/**
 * Two of its hooks, used to look at bodies and to change nothing, for errors too. It is made for
 * changing responses and is not told of requests, therefore what it captures is not judged.
 */
export function express(app: Express, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  const look = (part: unknown): void => journal.add(part)
  app.use(mung.write(look, { mungError: true }), mung.json(look, { mungError: true }))
  return journal.silent
}
