import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import type { ReviewFile } from '../review/review-sample.ts'
import { fileAnswer } from './file-answer.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** What the page reads by itself, which takes an answer of its own origin. */
const READ_BY_PAGE = /^(?:text\/plain|application\/json)\b/

/**
 * `GET {path}/review/files/:key/:column[/:file]`: one file of one sample, served inert, or where its
 * store has an address for it.
 */
export async function getReviewedFile(
  hall: Hall,
  request: RouteRequest,
  key: string,
  [columnAt, fileAt]: readonly [number, number],
): Promise<RouteAnswer> {
  const { store } = hall.review
  const { inputs, outputs } = await store.sample(key)
  const value = [...inputs, ...outputs].find(({ column }) => column === columnAt)?.value
  const file = value?.kind === 'files' ? value.files[fileAt] : undefined
  if (file === undefined) {
    throw new FlaggingError('ERR_FLAGGING_NOT_FOUND', 'There is no such file of a sample.')
  }
  // Such an address is good for one method.
  const address = request.method === 'GET' ? await addressOf(hall, file) : undefined
  return address === undefined ? fileAnswer(store.open(file), request) : sentTo(address)
}

async function addressOf(hall: Hall, file: ReviewFile): Promise<string | undefined> {
  if (READ_BY_PAGE.test(file.type)) return undefined
  return hall.review.store.addressOf?.(file)
}

function sentTo(address: string): RouteAnswer {
  return { status: 302, headers: { Location: address }, body: null }
}
