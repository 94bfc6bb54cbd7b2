import { once } from 'node:events'
import { createServer } from 'node:http'
import { flagRoutes, flagging } from '@flagging/express-adapter'
import express5, { type NextFunction, type Request, type Response, type Router } from 'express'
import express4 from 'express4'
import type { Adapter, Entry, HostReply, HostRequest } from '../../../test/contract/host.ts'
import { listen } from '../../../test/contract/listen.ts'

/** Both majors; their types are alike in all that is used here. */
export const EXPRESS: readonly (readonly [name: string, express: typeof express5])[] = [
  ['Express 5', express5],
  ['Express 4', express4],
]

/** The hosts of the contract in terms of Express. */
export function expressAdapter(express: typeof express5): Adapter {
  const add = (app: Router, entry: Entry): unknown => {
    switch (entry.kind) {
      case 'use':
        return app.use(entry.at || '/', entry.middleware as ReturnType<typeof flagging>)
      case 'flagRoutes':
        return app.use(entry.at, entry.routes as ReturnType<typeof flagRoutes>)
      case 'guard':
        return app.use(entry.at || '/', async (req, res, next) => {
          const reply = await entry.guard(requestOf(req))
          if (reply) await send(res, reply)
          else next()
        })
      case 'router': {
        const router = express.Router({ mergeParams: true })
        for (const inner of entry.entries) add(router, inner)
        return app.use(entry.at || '/', router)
      }
      case 'route': {
        const handlers = entry.through as readonly ReturnType<typeof flagging>[]
        const method = entry.method.toLowerCase() as 'post'
        return app[method](entry.path, ...handlers, async (req, res, next: NextFunction) => {
          try {
            await send(res, await entry.handle(requestOf(req)))
          } catch (error) {
            next(error)
          }
        })
      }
      default:
        throw new Error('unknown kind of entry')
    }
  }
  return {
    hasSockets: true,
    flagging: (options, overrides) => flagging(options, overrides),
    flagRoutes: (options) => flagRoutes(options),
    headerOf: (target, name) => (target as Request).get(name),
    serve(entries) {
      const app = express()
      for (const entry of entries) add(app, entry)
      return listen(createServer(app))
    },
  }
}

function requestOf(req: Request): HostRequest {
  return {
    method: req.method,
    params: req.params as Record<string, string>,
    query: new URL(req.originalUrl, 'http://host').searchParams,
    header: (name) => req.get(name),
    chunks: () => req as AsyncIterable<Uint8Array>,
    gone: () => once(req.res as Response, 'close').then(() => {}),
    target: req,
  }
}

async function send(res: Response, { status = 200, headers = [], body }: HostReply): Promise<void> {
  res.status(status)
  for (const [name, value] of headers) res.append(name, value)
  if (typeof body !== 'function') {
    res.end(body ?? undefined)
    return
  }
  const gone = once(res, 'close').then(() => {})
  const write = async (chunk: string | Uint8Array) => {
    if (!res.destroyed && !res.write(chunk)) await Promise.race([once(res, 'drain'), gone])
  }
  await body({ write, gone })
  res.end()
}
