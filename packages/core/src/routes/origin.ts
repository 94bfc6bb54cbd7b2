import { FlaggingError } from '../errors.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

type Header = RouteRequest['header']

/**
 * Refuses browsers on pages of other origins, by Fetch Metadata (`Sec-Fetch-Site`), or in browsers
 * without it by `Origin` (OWASP, Cross-Site Request Forgery Prevention). A request with neither
 * header comes from no browser.
 * @throws FlaggingError `ERR_FLAGGING_FORBIDDEN`
 */
export function checkOrigin(header: Header, origins: ReadonlySet<string>): void {
  const site = header('sec-fetch-site')
  const origin = header('origin')
  if (origin !== undefined && origins.has(origin)) return
  if (site === 'same-origin' || site === 'none') return
  if (
    site === undefined &&
    (origin === undefined || isOwn(origin, header('host') ?? header(':authority')))
  )
    return
  throw new FlaggingError(
    'ERR_FLAGGING_FORBIDDEN',
    'Pages of this origin may not use the flag routes: the server has to list it in `origins`.',
  )
}

function isOwn(origin: string, host: string | undefined): boolean {
  return /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host?.toLowerCase()
}

/** The CORS headers for an origin that may use the routes; none for others. */
export function corsHeaders(
  header: Header,
  origins: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  if (origins.size === 0) return {}
  const origin = header('origin')
  if (origin === undefined || !origins.has(origin)) return { Vary: 'Origin' }
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  }
}

/** The answer to a CORS preflight of an origin that may use the routes; `undefined` for others. */
export function preflight(
  header: Header,
  origins: ReadonlySet<string>,
  methods: string,
): RouteAnswer | undefined {
  const origin = header('origin')
  const asks = header('access-control-request-method') !== undefined
  if (!asks || origin === undefined || !origins.has(origin)) return undefined
  return {
    status: 204,
    headers: {
      ...corsHeaders(header, origins),
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': 'Content-Type, Authorization',
      'Access-Control-Max-Age': '600',
    },
    body: null,
  }
}
