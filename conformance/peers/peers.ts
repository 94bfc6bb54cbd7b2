import { PACKAGES, type PackageName } from './packages.ts'

/** What is compared: a column of the table. */
export interface Peer {
  /** Its module, from the folder of the suite. */
  readonly module: string
  /** Where it comes from, with its version. */
  readonly from: string
  /** How it is set up here. */
  readonly how: string
  /** Whether it is played on all hosts, not only where peers are compared. */
  readonly onAll?: boolean
}

/** Ours and all others, in the order of the columns. */
export const PEERS: readonly Peer[] = [
  {
    module: 'subjects/flagging-auto.ts',
    from: 'this repository, mode `auto`',
    how: 'everything is kept',
    onAll: true,
  },
  {
    module: 'subjects/flagging-manual.ts',
    from: 'this repository, mode `manual`',
    how: 'everything is held until somebody flags it; nobody does',
    onAll: true,
  },
  {
    module: 'peers/express-winston.ts',
    from: of('express-winston', 'winston'),
    how: '`body` in the whitelists of request and response',
  },
  {
    module: 'peers/moesif.ts',
    from: of('moesif-nodejs'),
    how: '`logBody`, body limits of 10 MB, no batching',
  },
  {
    module: 'peers/readme.ts',
    from: of('readmeio'),
    how: '`readme.log` with a `baseLogUrl`',
  },
  {
    module: 'peers/express-requests-logger.ts',
    from: of('express-requests-logger'),
    how: 'a logger of its own, nothing excluded or masked',
  },
  {
    module: 'peers/apitally.ts',
    from: of('apitally'),
    how: '`requestLogging` with headers and both bodies',
  },
  {
    module: 'peers/treblle-express.ts',
    from: of('@treblle/express'),
    how: 'keys only',
  },
  {
    module: 'peers/treblle.ts',
    from: of('treblle'),
    how: 'keys only; Express 4 alone, since on Express 5 it answers no request at all',
  },
  {
    module: 'peers/express-mung.ts',
    from: of('express-mung'),
    how: 'its hooks `json` and `write`, which look and change nothing',
  },
  { module: 'peers/pino-http.ts', from: of('pino-http'), how: 'as it is; logs no bodies' },
  { module: 'peers/morgan.ts', from: of('morgan'), how: '`combined`; logs no bodies' },
  {
    module: 'peers/hono-logger.ts',
    from: 'part of Hono',
    how: 'as it is; logs no bodies',
  },
  {
    module: 'peers/hono-structured-logger.ts',
    from: of('@hono/structured-logger'),
    how: 'a logger that it is given; logs no bodies',
  },
  {
    module: 'subjects/recipe-clone-both.ts',
    from: 'a recipe',
    how: '`c.req.raw.clone()` before and `c.res.clone()` after the handler, both read beside the answer',
  },
  {
    module: 'subjects/recipe-await-response.ts',
    from: 'a recipe',
    how: '`await c.res.clone().text()` after the handler',
  },
  {
    module: 'subjects/recipe-request-first.ts',
    from: 'a recipe',
    how: '`await c.req.arrayBuffer()` before the handler',
  },
  {
    module: 'subjects/recipe-request-after.ts',
    from: 'a recipe',
    how: '`await c.req.text()` after the handler',
  },
]

function of(...names: readonly PackageName[]): string {
  return names.map((name) => `${name} ${PACKAGES[name]}`).join(', ')
}
