import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Ended } from '../sample/interaction.ts'
import type { AnswerFacts, Exchange } from './exchange.ts'

/** HTTP/2's code for the failure of the side that has reset a stream. */
const INTERNAL_ERROR = 2

/**
 * Whose doing it was that the answer was cut off: a client that left has closed its side.
 * @param cut whether the host has ended an answer that it had destroyed before
 */
export function endedAs(req: IncomingMessage, res: ServerResponse, cut: boolean): Ended {
  // First: an answer that is ended and destroyed in one go has left our hands, but never arrives.
  if (res.errored) return 'error'
  const { stream } = res as { stream?: { aborted: boolean; rstCode?: number } }
  const isOut = stream ? res.writableEnded && !stream.aborted : res.writableFinished
  if (isOut && !cut) return 'complete'
  if (stream) return stream.rstCode === INTERNAL_ERROR ? 'error' : 'aborted'
  const socket = req.socket
  return !socket || socket.readableEnded || socket.errored ? 'aborted' : 'error'
}

/** What is known of an answer, as plain facts. */
export function factsOf(
  exchange: Exchange,
  req: IncomingMessage,
  res: ServerResponse,
): AnswerFacts {
  if (exchange.answer) return exchange.answer
  const { pattern, params } = exchange.facts.route(exchange.target as object)
  const head = (res as unknown as { _header?: string | null })._header
  const headers = typeof head === 'string' ? undefined : res.getHeaders()
  return {
    requestType: req.headers['content-type'],
    requestEncoding: req.headers['content-encoding'],
    status: res.statusCode,
    pattern,
    params,
    responseHeader: (name) =>
      typeof head === 'string' ? headerIn(head, name) : headers?.[name]?.toString(),
  }
}

const HEADERS = new Map<string, RegExp>()

/** The head as it went out: `getHeader` does not know headers that were given to `writeHead`. */
function headerIn(head: string, name: string): string | undefined {
  let pattern = HEADERS.get(name)
  if (!pattern) HEADERS.set(name, (pattern = new RegExp(`^${name}:[ \t]*(.*?)\r?$`, 'im')))
  return pattern.exec(head)?.[1]
}
