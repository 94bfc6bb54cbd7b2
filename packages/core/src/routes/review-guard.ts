import { isIP } from 'node:net'
import { FlaggingError } from '../errors.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** What every answer under the review page's address carries, errors too. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** Whether an address is the review page's, or below it. */
export function isReviewPath(path: string): boolean {
  return path === '/review' || path.startsWith('/review/')
}

/**
 * Whether somebody follows a link to the page, wherever it stands: a page of its own opens, which the
 * one with the link can neither read nor frame.
 */
export function isVisit({ method, path, header }: RouteRequest): boolean {
  return (
    path === '/review' &&
    (method === 'GET' || method === 'HEAD') &&
    header('sec-fetch-mode') === 'navigate' &&
    header('sec-fetch-dest') === 'document'
  )
}

/** An answer as reviewers get it: it is kept nowhere, and framed and read by nobody else. */
export function guarded(answer: RouteAnswer): RouteAnswer {
  const { 'Content-Security-Policy': policy, 'Cache-Control': caching } = answer.headers
  const headers = { ...answer.headers, ...HEADERS }
  if (policy !== undefined) headers['Content-Security-Policy'] = policy
  if (caching?.includes('no-store') === true) headers['Cache-Control'] = caching
  return { ...answer, headers }
}

/**
 * Refuses names of other people's that have come to point here (DNS rebinding): a page of theirs
 * would be of the same origin. Nobody can rebind an IP address, `localhost` or a name that the server
 * lists.
 * @throws FlaggingError `ERR_FLAGGING_FORBIDDEN`
 */
export function checkHost(header: RouteRequest['header'], origins: ReadonlySet<string>): void {
  const host = (header('host') ?? header(':authority') ?? '').toLowerCase()
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) throw foreign()
  const { hostname } = new URL(`http://${host}`)
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return
  for (const origin of origins) if (new URL(origin).host === host) return
  throw foreign()
}

function foreign(): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_FORBIDDEN',
    'The review page does not answer to this name: the server has to list its own origin, such as ' +
      "'https://app.example.com', in `origins`.",
  )
}
