import { createServer } from 'node:http'
import type { Flagging, FlaggingOptions } from '@flagging/core'
import type { flagging } from '@flagging/express-adapter'
import type express5 from 'express'
import { onTestFinished } from 'vitest'
import type { Server } from '../../../test/contract/host.ts'
import { listen } from '../../../test/contract/listen.ts'
import { World } from '../../../test/contract/world.ts'
import { expressAdapter } from './express-host.ts'

type Express = ReturnType<typeof express5>

/** A host that is made twice: as it is, and behind flagging. */
export interface Pair {
  readonly world: World
  readonly bare: Server
  readonly tapped: Server
  readonly flagging: Flagging
}

/** Serves a real Express app without and with flagging in front of it. */
export async function pair(
  express: typeof express5,
  options: FlaggingOptions<object>,
  build: (app: Express) => void,
): Promise<Pair> {
  const world = await World.make(expressAdapter(express))
  const middleware = world.flagging(options)
  const plain = express()
  build(plain)
  const flagged = express()
  flagged.use(middleware as ReturnType<typeof flagging>)
  build(flagged)
  const [bare, tapped] = [await serveApp(plain), await serveApp(flagged)]
  return { world, bare, tapped, flagging: middleware.flagging }
}

/** Puts an app on a socket until the test is over. */
export async function serveApp(app: Express): Promise<Server> {
  const server = await listen(createServer(app))
  onTestFinished(() => server.close())
  return server
}
