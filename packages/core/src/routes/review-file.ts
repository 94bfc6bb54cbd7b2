import { FlaggingError } from '../errors.ts'
import type { Hall } from '../hall/hall.ts'
import { fileAnswer } from './file-answer.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** `GET {path}/review/files/:key/:column[/:file]`: one file of one sample, served inert. */
export async function getReviewedFile(
  hall: Hall,
  request: RouteRequest,
  key: string,
  [columnAt, fileAt]: readonly [number, number],
): Promise<RouteAnswer> {
  const { inputs, outputs } = await hall.review.store.sample(key)
  const value = [...inputs, ...outputs].find(({ column }) => column === columnAt)?.value
  const file = value?.kind === 'files' ? value.files[fileAt] : undefined
  if (file === undefined) {
    throw new FlaggingError('ERR_FLAGGING_NOT_FOUND', 'There is no such file of a sample.')
  }
  return fileAnswer(hall.review.store.open(file), request)
}
