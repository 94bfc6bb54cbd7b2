import type { Hall } from '../hall/hall.ts'
import { unflag } from '../hall/unflag.ts'
import { json } from './answers.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** `DELETE {path}/:id`: takes back the flags that whoever asks made of an interaction. */
export async function deleteFlags(
  hall: Hall,
  request: RouteRequest,
  id: string,
): Promise<RouteAnswer> {
  hall.checkOpen()
  const username = await hall.username(request.target)
  return json(200, { deleted: await unflag(hall, id, username) })
}
