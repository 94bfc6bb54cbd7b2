import type { Hono } from 'hono'
import { logger } from 'hono/logger'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'

/** What the table calls it. */
export const name = 'hono/logger'

/** As the documentation of Hono has it. It logs no bodies. */
export function hono(app: Hono, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  app.use(logger((line) => journal.add(line)))
  return journal.silent
}
