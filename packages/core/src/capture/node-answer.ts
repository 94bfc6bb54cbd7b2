import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Ended } from '../sample/interaction.ts'
import type { AnswerFacts, Exchange } from './exchange.ts'

/** HTTP/2's code for the failure of the side that has reset a stream. */
const INTERNAL_ERROR = 2

/** What is looked at of an answer's stream on HTTP/2. */
export interface AnswerStream {
  readonly destroyed: boolean
  readonly aborted: boolean
  readonly rstCode?: number
}

/** What tells how an answer came to its end. */
interface Ending {
  readonly req: IncomingMessage
  readonly stream: AnswerStream | undefined
  /** Whether the host has ended an answer that it had destroyed before. */
  readonly cut: boolean
}

/** Whose doing it was that the answer was cut off: a client that left has closed its side. */
export function endedAs({ req, stream, cut }: Ending, res: ServerResponse): Ended {
  // First: an answer that is ended and destroyed in one go has left our hands, but never arrives.
  if (res.errored) return 'error'
  const isOut = stream ? res.writableEnded && !stream.aborted : res.writableFinished
  if (isOut && !cut) return 'complete'
  if (stream) return stream.rstCode === INTERNAL_ERROR ? 'error' : 'aborted'
  const { socket } = req
  return !socket || socket.readableEnded || socket.errored ? 'aborted' : 'error'
}

/** What is known of an answer that went out by Node, as plain facts. */
export class NodeAnswer implements AnswerFacts {
  readonly requestType: string | undefined
  readonly requestEncoding: string | undefined
  readonly status: number
  readonly pattern: string
  readonly params: Readonly<Record<string, unknown>>
  /** Let go of when it was read. */
  #head: string | OutgoingHttpHeaders | undefined
  #type: string | undefined
  #encoding: string | undefined

  constructor(exchange: Exchange, req: IncomingMessage, res: ServerResponse) {
    const { pattern, params } = exchange.facts.route(exchange.target as object)
    const { rawHeaders } = req
    // `headers` would be made of these first, for nobody else maybe.
    this.requestType = firstOf(rawHeaders, 'content-type')
    this.requestEncoding = allOf(rawHeaders, 'content-encoding')
    this.status = res.statusCode
    this.pattern = pattern
    this.params = params
    // The head as it went out: `getHeader` does not know headers that were given to `writeHead`.
    const { _header } = res as unknown as { _header?: unknown }
    this.#head = typeof _header === 'string' ? _header : res.getHeaders()
  }

  get responseType(): string | undefined {
    this.#readHead()
    return this.#type
  }

  get responseEncoding(): string | undefined {
    this.#readHead()
    return this.#encoding
  }

  /** On use: heads are read only for what is stored. */
  #readHead(): void {
    const head = this.#head
    if (head === undefined) return
    if (typeof head === 'string') {
      this.#type = headerIn(head, 'content-type')
      this.#encoding = headerIn(head, 'content-encoding')
    } else {
      this.#type = head['content-type']?.toString()
      this.#encoding = head['content-encoding']?.toString()
    }
    this.#head = undefined
  }
}

/** As in Node's own `headers`, the first `content-type` counts. */
function firstOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (isNamed(rawHeaders[at], name)) return rawHeaders[at + 1]
  }
  return undefined
}

function allOf(rawHeaders: readonly string[], name: string): string | undefined {
  let all: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!isNamed(rawHeaders[at], name)) continue
    const value = rawHeaders[at + 1]
    all = all === undefined ? value : `${all}, ${value}`
  }
  return all
}

function isNamed(header: string | undefined, name: string): boolean {
  return header?.length === name.length && header.toLowerCase() === name
}

/** The first header of a name in a head as it goes out; a look at each line, for most are others. */
function headerIn(head: string, name: string): string | undefined {
  for (let at = head.indexOf('\n') + 1; at > 0; at = head.indexOf('\n', at) + 1) {
    const end = at + name.length
    if (head.charCodeAt(end) !== COLON || !isNamed(head.slice(at, end), name)) continue
    const next = head.indexOf('\n', end)
    return head.slice(end + 1, next === -1 ? head.length : next).trim()
  }
  return undefined
}

const COLON = 0x3a
