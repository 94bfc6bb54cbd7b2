import { join } from 'node:path'
import { flagging } from '@flagging/hono-adapter'
import type { Hono } from 'hono'
import { logger } from 'hono/logger'
import { APITALLY, startHub } from './apitally.ts'
import { FLAGGED, type Front, mountedFlagging, nothing } from './front.ts'
import { logFile } from './log-file.ts'
import { pinoFile } from './pino-file.ts'

/** What may stand in front of an app of Hono, by name. */
export const HONO_FRONTS: Readonly<Record<string, Front<Hono>>> = {
  bare: nothing,
  'no-op': (app) => {
    app.use(async (_c, next) => {
      await next()
    })
    return {}
  },
  ...Object.fromEntries(
    Object.entries(FLAGGED).map(([name, options]) => [name, flagged(options)] as const),
  ),
  'hono/logger': (app, dir) => {
    const { stream, mounted } = logFile(dir)
    app.use(logger((line) => void stream.write(`${line}\n`)))
    return mounted
  },
  apitally: async (app) => {
    await startHub()
    const { useApitally } = await import('apitally/hono')
    useApitally(app, APITALLY)
    return {}
  },
  // Recipes: both bodies as text, by the two ways there are, into a log of pino's.
  'text recipe': (app, dir) => {
    const { logger: log, mounted } = pinoFile(dir)
    app.use(async (c, next) => {
      await next()
      log.info({ input: await c.req.text(), output: await c.res.clone().text() })
    })
    return mounted
  },
  'clone recipe': (app, dir) => {
    const { logger: log, mounted } = pinoFile(dir)
    const reading = new Set<Promise<void>>()
    app.use(async (c, next) => {
      const request = c.req.raw.clone()
      await next()
      const one = Promise.all([request.text(), c.res.clone().text()])
        .then(([input, output]) => log.info({ input, output }))
        .finally(() => reading.delete(one))
      reading.add(one)
    })
    return {
      async settled() {
        await Promise.all(reading)
        await mounted.settled?.()
      },
    }
  },
}

function flagged(options: (typeof FLAGGED)[string]): Front<Hono> {
  return (app, dir) => {
    const middleware = flagging({ ...options, dir: join(dir, 'flagged') })
    app.use(middleware)
    return mountedFlagging(middleware.flagging)
  }
}
