import type { IncomingMessage } from 'node:http'

/** What Express adds to a request; Connect adds some of it, a plain server none. */
interface Addressed extends IncomingMessage {
  readonly path?: string
  readonly baseUrl?: string
  readonly originalUrl?: string
}

/** The address as the client sent it. */
export function urlOf(req: Addressed): string {
  return req.originalUrl ?? req.url ?? '/'
}

/** The path below where the middleware is mounted. */
export function pathOf(req: Addressed): string {
  return req.path ?? req.url?.split('?', 1)[0] ?? '/'
}

/** The path that the middleware is mounted at, as far as the request says. */
export function mountOf(req: Addressed): string {
  return req.baseUrl ?? ''
}
