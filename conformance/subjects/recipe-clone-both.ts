import { setTimeout as delay } from 'node:timers/promises'
import type { Hono } from 'hono'
import { Journal } from '../peers/journal.ts'
import type { Mounted, SubjectContext } from '../src/subject.ts'

/** What the table calls it. */
export const name = 'clone both'

/** The recipe: clones of the request and of the response, read beside the answer. */
export function hono(app: Hono, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  const reading: Promise<void>[] = []
  const read = (body: Promise<ArrayBuffer>): void => {
    // Kinder than the recipe: an exchange that breaks is no unhandled rejection.
    reading.push(body.then((bytes) => journal.add(bytes)).catch(() => {}))
  }
  app.use(async (c, next) => {
    const request = c.req.raw.clone()
    await next()
    read(request.arrayBuffer())
    read(c.res.clone().arrayBuffer())
  })
  return {
    ...journal.mounted,
    async captured() {
      // A clone of a stream that never ends is never read to its end.
      await Promise.race([Promise.all(reading), delay(1000)])
      return journal.mounted.captured()
    },
  }
}
