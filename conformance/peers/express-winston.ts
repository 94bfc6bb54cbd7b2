import type { Express, RequestHandler } from 'express'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { Journal } from './journal.ts'
import { loadPeer } from './load-peer.ts'

interface ExpressWinston {
  logger(options: object): RequestHandler
  readonly requestWhitelist: readonly string[]
  readonly responseWhitelist: readonly string[]
}

interface Winston {
  readonly transports: { readonly Stream: new (options: object) => object }
}

let expressWinston: ExpressWinston
let winston: Winston

/** What the table calls it. */
export const name = 'express-winston'

export async function prepare(): Promise<void> {
  expressWinston = await loadPeer('express-winston')
  winston = await loadPeer('winston')
}

/** As its README has it, with `body` added to both lists, which is how it logs bodies. */
export function express(app: Express, { dir }: SubjectContext): Mounted {
  const journal = new Journal(dir)
  app.use(
    expressWinston.logger({
      transports: [new winston.transports.Stream({ stream: journal.stream })],
      requestWhitelist: [...expressWinston.requestWhitelist, 'body'],
      responseWhitelist: [...expressWinston.responseWhitelist, 'body'],
    }),
  )
  return journal.mounted
}
