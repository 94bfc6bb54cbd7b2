import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import type { Mark } from '../review/marks.ts'
import { json } from './answers.ts'
import { readBody } from './read-body.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

const BODY_BYTES = 1024 * 1024
const LONGEST_NOTE = 10_000
const MOST_KEYS = 1000

/** `POST {path}/review/marks`: says of a sample that it was reviewed, or what is to be noted of it. */
export async function postMark(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const { key, reviewed, note } = await fieldsOf(hall, request)
  if (typeof key !== 'string') throw bad('Send `{ "key": "..." }` with the key of a sample.')
  if (reviewed !== undefined && typeof reviewed !== 'boolean') {
    throw bad('`reviewed` must be true or false.')
  }
  if (note !== undefined && note !== null && typeof note !== 'string') {
    throw bad('`note` must be a text, or null for none.')
  }
  if ((note?.length ?? 0) > LONGEST_NOTE) throw bad(`A note may have ${LONGEST_NOTE} characters.`)
  const by = await hall.username(request.target)
  return hall.review.inTurn(async () => {
    // What was said before is read again: another process may have said it.
    const sample = await hall.review.store.sample(key)
    const mark: Mark = {
      reviewed: reviewed ?? sample.review?.reviewed ?? false,
      note: note === undefined ? (sample.review?.note ?? null) : note === '' ? null : note,
      by,
      at: new Date().toISOString(),
    }
    await hall.review.store.mark(key, mark)
    return json(200, { review: mark.reviewed || mark.note !== null ? mark : null })
  })
}

/** `POST {path}/review/delete`: deletes samples for good, rows and files. */
export async function postDelete(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const { keys } = await fieldsOf(hall, request)
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === 'string')
  if (!isList || keys.length === 0 || keys.length > MOST_KEYS) {
    throw bad(`Send \`{ "keys": ["..."] }\` with the keys of 1 to ${MOST_KEYS} samples.`)
  }
  // What is said of a sample meanwhile would be left without one.
  const deleted = await hall.review.inTurn(() => hall.review.store.remove(keys as string[]))
  return json(200, { deleted })
}

async function fieldsOf(
  hall: Hall,
  request: RouteRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const context = { recorder: hall.recorder, decoder: hall.decoder, limits: hall.settings.limits }
  const { body, release } = await readBody(request, context, BODY_BYTES, false)
  try {
    const fields = [...(body.fields ?? [])].map(([name, { value }]) => [name, value] as const)
    return Object.fromEntries(fields)
  } finally {
    release()
  }
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', message)
}
