// What is mounted in front of the apps of a foreign suite: a flagging of its own for each of them.
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.FOREIGN_SUITES_STORE
const way = process.env.FOREIGN_SUITES_WAY
const mounted = []

mkdirSync(folder, { recursive: true })

/**
 * The middleware for one more app, with a directory of its own; one that does nothing where only
 * the difference that any middleware makes is wanted.
 * @param flagging an adapter's `flagging`
 */
export function inFront(flagging) {
  if (way === 'nothing') return passesOn
  const middleware = flagging({
    mode: 'auto',
    dir: join(folder, randomUUID()),
    onError: report,
    ...(way === 'all' && { when: () => true }),
  })
  mounted.push(middleware.flagging)
  return middleware
}

/** For Express (`req, res, next`) and Hono (`c, next`) alike. */
async function passesOn(...args) {
  await args.at(-1)()
}

function report(error) {
  appendFileSync(join(folder, 'errors.txt'), `${error?.message ?? error}\n`)
}

/** Waits until all is stored, and leaves the figures for the runner. */
export async function settle() {
  await Promise.all(mounted.map((flagging) => flagging.close())).catch(report)
  const stored = mounted.reduce((sum, flagging) => sum + flagging.stats().stored, 0)
  const stats = { apps: mounted.length, stored }
  writeFileSync(join(folder, `stats-${randomUUID()}.json`), JSON.stringify(stats))
}
