import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flagging } from '@flagging/express-adapter'
import type { Express, Response } from 'express'
import expressWinston from 'express-winston'
import morgan from 'morgan'
import { pinoHttp } from 'pino-http'
import winston from 'winston'
import { APITALLY, startHub } from './apitally.ts'
import { FLAGGED, type Front, type Mounted, mountedFlagging, nothing } from './front.ts'
import { logFile } from './log-file.ts'
import { pinoFile } from './pino-file.ts'

/** What may stand in front of an app of Express, by name. */
export const EXPRESS_FRONTS: Readonly<Record<string, Front<Express>>> = {
  bare: nothing,
  'no-op': (app) => {
    app.use((_req, _res, next) => next())
    return {}
  },
  ...Object.fromEntries(
    Object.entries(FLAGGED).map(([name, options]) => [name, flagged(options)] as const),
  ),
  morgan: (app, dir) => {
    const { stream, mounted } = logFile(dir)
    app.use(morgan('combined', { stream }))
    return mounted
  },
  'pino-http': (app, dir) => {
    const { destination, mounted } = pinoFile(dir)
    app.use(pinoHttp({}, destination))
    return mounted
  },
  'pino-http with bodies': pinoBodies,
  'express-winston with bodies': winstonBodies,
  apitally: async (app) => {
    await startHub()
    const { useApitally } = await import('apitally/express')
    useApitally(app, APITALLY)
    return {}
  },
  'append recipe': appendRecipe,
}

function flagged(options: (typeof FLAGGED)[string]): Front<Express> {
  return (app, dir) => {
    const middleware = flagging({ ...options, dir: join(dir, 'flagged') })
    app.use(middleware)
    return mountedFlagging(middleware.flagging)
  }
}

/** Calls `see` with each JSON that is answered. */
function onJSON(app: Express, see: (res: Response, answer: unknown) => void): void {
  app.use((_req, res, next) => {
    const answer = res.json
    res.json = (body: unknown) => {
      see(res, body)
      return answer.call(res, body)
    }
    next()
  })
}

/** Bodies are no part of what pino-http logs: they are added to its line, as is usual. */
function pinoBodies(app: Express, dir: string): Mounted {
  const { destination, mounted } = pinoFile(dir)
  const answers = new WeakMap<object, unknown>()
  app.use(
    pinoHttp(
      {
        customSuccessObject: (req, res, value: object) => ({
          ...value,
          requestBody: (req as { readonly body?: unknown }).body,
          responseBody: answers.get(res),
        }),
      },
      destination,
    ),
  )
  onJSON(app, (res, answer) => answers.set(res, answer))
  return mounted
}

/** As its README has it, with `body` added to both lists, which is how it logs bodies. */
function winstonBodies(app: Express, dir: string): Mounted {
  const { stream, mounted } = logFile(dir)
  app.use(
    expressWinston.logger({
      transports: [new winston.transports.Stream({ stream })],
      requestWhitelist: [...expressWinston.requestWhitelist, 'body'],
      responseWhitelist: [...expressWinston.responseWhitelist, 'body'],
    }),
  )
  return mounted
}

/** What people write by hand: the parsed body and the answer, one line appended per exchange. */
function appendRecipe(app: Express, dir: string): Mounted {
  const appending = new Set<Promise<void>>()
  onJSON(app, ({ req }, output) => {
    const line = `${JSON.stringify({ input: req.body as unknown, output })}\n`
    const one = appendFile(join(dir, 'log'), line).finally(() => appending.delete(one))
    appending.add(one)
  })
  return { settled: () => Promise.all(appending) }
}
