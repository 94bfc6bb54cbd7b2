import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import type { FlaggingAction } from '../options/flagging-options.ts'
import { isForClient, json, problem } from './answers.ts'
import { getExampleFile, listExamples } from './examples-route.ts'
import { postFlag } from './flag-route.ts'
import { checkOrigin, corsHeaders, preflight } from './origin.ts'
import { pageFile } from './pages.ts'
import { postDelete, postMark } from './review-changes.ts'
import { type DownloadName, downloadReviewed } from './review-download.ts'
import { getReviewedFile } from './review-file.ts'
import { checkHost, guarded, isReviewPath, isVisit } from './review-guard.ts'
import { reviewPage } from './review-page.ts'
import { aboutReview, countReviewed, getReviewed, listReviewed } from './review-samples.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'
import { deleteFlags } from './unflag-route.ts'
import { watchedBody } from './watched-body.ts'

/** A flag route: what it answers to, and what it needs to be allowed. */
interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: RegExp
  readonly action?: FlaggingAction
  readonly isThere: (hall: Hall) => boolean
  readonly answer: (
    hall: Hall,
    request: RouteRequest,
    found: RegExpExecArray,
  ) => RouteAnswer | Promise<RouteAnswer>
}

const hasExamples = ({ settings }: Hall) =>
  settings.examples !== undefined && settings.mode !== 'never'

const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/$/, isThere: () => true, answer: describe },
  { method: 'POST', path: /^\/$/, action: 'flag', isThere: () => true, answer: postFlag },
  {
    method: 'DELETE',
    // As ids are: whatever else lies there is the host's.
    path: /^\/([\w-]{22})$/,
    action: 'flag',
    isThere: ({ settings }) => settings.mode !== 'never',
    answer: (hall, request, [, id = '']) => deleteFlags(hall, request, id),
  },
  {
    method: 'GET',
    path: /^\/button\.js$/,
    isThere: ({ settings }) => settings.mode !== 'never',
    answer: (_, request) => pageFile('served-button.js', request),
  },
  {
    method: 'GET',
    path: /^\/examples\.js$/,
    isThere: hasExamples,
    answer: (_, request) => pageFile('served-examples.js', request),
  },
  {
    method: 'GET',
    path: /^\/examples\/?$/,
    action: 'examples',
    isThere: hasExamples,
    answer: listExamples,
  },
  {
    method: 'GET',
    path: /^\/examples\/(\d{1,15})\/(\d{1,5})(?:\/(\d{1,5}))?$/,
    action: 'examples',
    isThere: hasExamples,
    answer: (hall, request, [, sample, column, file]) =>
      getExampleFile(hall, request, [Number(sample), Number(column), Number(file ?? 0)]),
  },
  reviewed('GET', /^\/review$/, reviewPage),
  reviewed('GET', /^\/review\/page\.js$/, (_, request) => pageFile('review.js', request)),
  reviewed('GET', /^\/review\/page\.css$/, (_, request) => pageFile('review.css', request)),
  reviewed('GET', /^\/review\/about$/, async (hall, request) =>
    aboutReview(hall, await isAllowed(hall, request, 'edit')),
  ),
  reviewed('GET', /^\/review\/samples$/, listReviewed),
  reviewed('GET', /^\/review\/samples\/([\w.-]{1,4000})$/, (hall, _, [, key]) =>
    getReviewed(hall, key ?? ''),
  ),
  reviewed('GET', /^\/review\/counts$/, countReviewed),
  reviewed(
    'GET',
    /^\/review\/files\/([\w.-]{1,4000})\/(\d{1,5})(?:\/(\d{1,5}))?$/,
    (hall, request, [, key, column, file]) =>
      getReviewedFile(hall, request, key ?? '', [Number(column), Number(file ?? 0)]),
  ),
  reviewed(
    'GET',
    /^\/review\/download\/(samples\.csv|samples\.jsonl|imagefolder\.zip|audiofolder\.zip)$/,
    (hall, request, [, name]) => downloadReviewed(hall, request, name as DownloadName),
  ),
  reviewed('POST', /^\/review\/marks$/, postMark),
  reviewed('POST', /^\/review\/delete$/, postDelete),
]

/** A route of the review page: it reads, or changes something. */
function reviewed(method: Route['method'], path: RegExp, answer: Route['answer']): Route {
  const isThere = ({ settings }: Hall) => settings.review && settings.mode !== 'never'
  return { method, path, action: method === 'GET' ? 'review' : 'edit', isThere, answer }
}

/** `GET {path}`: the mode, the options and what a flag may carry. */
function describe(hall: Hall): RouteAnswer {
  const { settings } = hall
  const { mode, options, declared, comment, correction } = settings
  return json(200, {
    mode,
    options: mode === 'manual' ? options : [],
    components: declared?.all.map(({ label, type, role }) => ({ label, type, role })) ?? [],
    comment,
    correction,
    canUndo: mode === 'manual' && canUndo(hall),
  })
}

/** Whether flags can be taken back. A callback that cannot even be made is reported. */
function canUndo(hall: Hall): boolean {
  try {
    return hall.datasets.canRemove
  } catch (error) {
    hall.report(error)
    return false
  }
}

/** Whether one of the flag routes has this path; if not, the request is the host's. */
export function isFlagRoute(hall: Hall, path: string): boolean {
  return ROUTES.some((route) => route.path.test(path) && route.isThere(hall))
}

/** Answers a request to a flag route. It never rejects. */
export async function answerRoute(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const { origins } = hall.settings
  const cors = corsHeaders(request.header, origins)
  let answer: RouteAnswer
  try {
    answer = await answerOf(hall, request)
  } catch (error) {
    if (!isForClient(error)) hall.report(error)
    const allow = error instanceof FlaggingError && error.code === 'ERR_FLAGGING_METHOD_NOT_ALLOWED'
    answer = problem(error, allow ? { Allow: methodsOf(hall, request.path) } : {})
  }
  if (isReviewPath(request.path)) answer = guarded(answer)
  const headers = { ...answer.headers, ...cors }
  const body = isStream(answer.body)
    ? watchedBody(answer.body, (error) => hall.report(error))
    : answer.body
  if (request.method !== 'HEAD' || body === null) return { ...answer, headers, body }
  if (isStream(body)) await body.cancel()
  const length = isStream(body) ? undefined : Buffer.byteLength(body)
  return {
    status: answer.status,
    headers: length === undefined ? headers : { ...headers, 'Content-Length': String(length) },
    body: null,
  }
}

function isStream(body: RouteAnswer['body']): body is ReadableStream<Uint8Array> {
  return body !== null && typeof body !== 'string'
}

async function answerOf(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const { method, path, header } = request
  const methods = methodsOf(hall, path)
  if (method === 'OPTIONS') {
    const allowed = preflight(header, hall.settings.origins, methods)
    if (allowed) return allowed
  }
  const asked = method === 'HEAD' ? 'GET' : method
  for (const route of ROUTES) {
    const found = route.method === asked && route.isThere(hall) ? route.path.exec(path) : null
    if (!found) continue
    if (!isVisit(request)) checkOrigin(header, hall.settings.origins)
    if (isReviewPath(path)) checkHost(header, hall.settings.origins)
    if (route.action) await authorize(hall, request, route.action)
    return route.answer(hall, request, found)
  }
  throw new FlaggingError('ERR_FLAGGING_METHOD_NOT_ALLOWED', `Use ${methods} here.`)
}

function methodsOf(hall: Hall, path: string): string {
  return ROUTES.filter((route) => route.isThere(hall) && route.path.test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .join(', ')
}

async function authorize(hall: Hall, request: RouteRequest, action: FlaggingAction): Promise<void> {
  if (await isAllowed(hall, request, action)) return
  throw new FlaggingError('ERR_FLAGGING_FORBIDDEN', 'You may not do this here.')
}

async function isAllowed(
  hall: Hall,
  { target }: RouteRequest,
  action: FlaggingAction,
): Promise<boolean> {
  try {
    return (await (hall.settings.authorize?.(target, action) ?? true)) === true
  } catch (error) {
    hall.report(error)
    return false
  }
}
