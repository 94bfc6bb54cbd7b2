import { FlaggingError, type FlaggingErrorCode } from '../errors.ts'
import type { RouteAnswer } from './route-request.ts'

/** What every answer of ours carries. */
const COMMON = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

/** How errors are answered; all others are a 503 whose reason stays inside. */
const PROBLEMS: Partial<
  Record<FlaggingErrorCode, { status: number; title: string; headers?: Record<string, string> }>
> = {
  ERR_FLAGGING_BAD_REQUEST: { status: 400, title: 'Bad request' },
  ERR_FLAGGING_UNKNOWN_OPTION: { status: 400, title: 'Unknown option' },
  ERR_FLAGGING_FORBIDDEN: { status: 403, title: 'Forbidden' },
  ERR_FLAGGING_NOT_FOUND: { status: 404, title: 'Not found' },
  ERR_FLAGGING_MODE_AUTO: { status: 404, title: 'Nothing to flag' },
  ERR_FLAGGING_MODE_NEVER: { status: 404, title: 'Nothing to flag' },
  ERR_FLAGGING_METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  // Whatever the id: no method is allowed there.
  ERR_FLAGGING_CANNOT_UNFLAG: { status: 405, title: 'Cannot unflag', headers: { Allow: '' } },
  ERR_FLAGGING_NOT_ENDED: { status: 409, title: 'Not ended', headers: { 'Retry-After': '1' } },
  ERR_FLAGGING_TOO_LARGE: { status: 413, title: 'Too large' },
  ERR_FLAGGING_UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported media type' },
  ERR_FLAGGING_RANGE: { status: 416, title: 'Range not satisfiable' },
}

/** A JSON answer. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RouteAnswer {
  return {
    status,
    headers: { ...COMMON, 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** Whether an error is the client's, and told to it in full. */
export function isForClient(error: unknown): error is FlaggingError {
  return error instanceof FlaggingError && PROBLEMS[error.code] !== undefined
}

/**
 * The answer to an error as `application/problem+json` (RFC 9457) with a stable `code`. What is not
 * the client's fault is a 503 without inner details.
 */
export function problem(
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): RouteAnswer {
  const known = isForClient(error) ? PROBLEMS[error.code] : undefined
  const { status, title } = known ?? { status: 503, title: 'Unavailable' }
  const body = {
    type: 'about:blank',
    title,
    status,
    detail: known ? (error as Error).message : 'The sample could not be stored: try again later.',
    code: known ? wireCode((error as FlaggingError).code) : 'unavailable',
  }
  return {
    status,
    headers: {
      ...COMMON,
      'Content-Type': 'application/problem+json; charset=utf-8',
      ...known?.headers,
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

function wireCode(code: FlaggingErrorCode): string {
  return code.slice('ERR_FLAGGING_'.length).toLowerCase()
}
