import { createServer } from 'node:http'
import { type FlaggingMiddleware, flagging } from '@flagging/express-adapter'
import express, { type RequestHandler } from 'express'
import type { MakeContestant } from '../contestant.ts'
import { served } from '../served.ts'

const IN_FRONT: Readonly<Record<string, RequestHandler>> = {
  'no-op': (_req, _res, next) => next(),
}

/** The JSON echo on Express with something in front: nothing, `no-op`, or a mode of flagging. */
export function make(argument: string): MakeContestant {
  return async (dir) => {
    const app = express()
    app.disable('x-powered-by')
    let mounted: FlaggingMiddleware | undefined
    if (argument in IN_FRONT) app.use(IN_FRONT[argument]!)
    else if (argument !== 'bare') app.use((mounted = flagging({ mode: argument as 'auto', dir })))
    app.post('/echo', express.json(), (req, res) => {
      res.json({ got: req.body as unknown })
    })
    return served(
      createServer(app),
      async () => mounted?.flagging.flush(),
      async () => mounted?.flagging.close(),
    )
  }
}
