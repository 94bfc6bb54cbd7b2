import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'

type Gone = (this: ServerResponse) => void

const WAITING = new WeakMap<Socket, Map<ServerResponse, Gone>>()

/**
 * Tells when the connection of an answer is gone that waits in line: a client may send requests
 * ahead, and Node gives the socket to one answer after the other. Those that never get it hear of
 * nothing, not even of a `close`. One listener serves all that wait on a socket.
 * @param gone called where no `close` of the answer has come before
 */
export function whenQueuedIsGone(socket: Socket, res: ServerResponse, gone: Gone): void {
  if (socket.closed) {
    setImmediate(() => gone.call(res))
    return
  }
  let waiting = WAITING.get(socket)
  if (!waiting) {
    WAITING.set(socket, (waiting = new Map()))
    socket.on('close', onClose)
  }
  waiting.set(res, gone)
  res.on('close', onAnswered)
}

function onAnswered(this: ServerResponse): void {
  WAITING.get(this.req.socket)?.delete(this)
}

function onClose(this: Socket): void {
  const waiting = WAITING.get(this)
  WAITING.delete(this)
  for (const [res, gone] of waiting ?? []) gone.call(res)
}
