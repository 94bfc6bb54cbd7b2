import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { Ended } from '../sample/interaction.ts'
import type { AnswerFacts, Exchange } from './exchange.ts'
import { mark } from './exchange-mark.ts'

type Args = readonly unknown[]
type Method = (this: unknown, ...args: unknown[]) => unknown

/** What the patched methods find their way back with; one per exchange. */
interface Tap {
  readonly exchange: Exchange
  readonly req: IncomingMessage
  readonly push: Method
  readonly write: Method
  readonly end: Method
  /** Set once the head is watched too, which only ids need. */
  writeHead: Method | undefined
  /** Set while one of the originals runs: what it calls in turn has been seen already. */
  busy: boolean
}

const TAP: unique symbol = Symbol('flagging.tap')

interface Tapped {
  [TAP]?: Tap
}

/**
 * Sees the bytes of a Node request and its response go by. Nothing is consumed, delayed or held
 * back: the methods that carry the bytes (`push`, `write`, `end`) are shadowed on the two objects,
 * call the originals with the arguments as given, and hand back what those return.
 */
export function tapNode(exchange: Exchange, req: IncomingMessage, res: ServerResponse): void {
  const tap: Tap = {
    exchange,
    req,
    push: req.push as Method,
    write: res.write as Method,
    end: res.end as Method,
    writeHead: undefined,
    busy: false,
  }
  recordBuffered(exchange, req)
  if (req.readableDidRead) exchange.missed()
  mark(req, exchange)
  ;(req as Tapped)[TAP] = tap
  ;(res as Tapped)[TAP] = tap
  req.push = push
  res.write = write as typeof res.write
  res.end = end as typeof res.end
  watchHead(exchange, res)
  res.on('close', onClose)
}

/** Sees the response head go by if ids are wanted: also when only a later middleware wants them. */
export function watchHead(exchange: Exchange, res: ServerResponse & Tapped): void {
  const tap = res[TAP]
  if (!tap || tap.writeHead || !exchange.plan.issuesIds) return
  tap.writeHead = res.writeHead as Method
  res.writeHead = writeHead as typeof res.writeHead
}

/** What lies unread in the stream's buffer arrived before us: looked at, never consumed. */
function recordBuffered(exchange: Exchange, req: IncomingMessage): void {
  if (req.readableLength === 0) return
  try {
    const state = (req as unknown as { _readableState: ReadableInternals })._readableState
    const chunks = [...state.buffer].slice(state.bufferIndex ?? 0)
    for (const chunk of chunks) exchange.recordRequest(chunk, req.readableEncoding ?? undefined)
  } catch (error) {
    exchange.missed()
    exchange.plan.onError(error)
  }
}

/** Private to Node, alike from 20 to 25 (an array with a start; before, an iterable list). */
interface ReadableInternals {
  readonly buffer: Iterable<Uint8Array | string>
  readonly bufferIndex?: number
}

function push(this: IncomingMessage & Tapped, chunk: unknown, encoding?: BufferEncoding): boolean {
  const tap = this[TAP] as Tap
  if (chunk !== null) record(tap, tap.exchange.recordRequest, chunk, encoding)
  return tap.push.call(this, chunk, encoding) as boolean
}

function write(this: ServerResponse & Tapped, ...args: Args): boolean {
  const tap = this[TAP] as Tap
  if (tap.busy || this.writableEnded) return tap.write.apply(this, args as unknown[]) as boolean
  tap.busy = true
  try {
    const result = tap.write.apply(this, args as unknown[])
    record(tap, tap.exchange.recordResponse, args[0], args[1])
    return result as boolean
  } finally {
    tap.busy = false
  }
}

function end(this: ServerResponse & Tapped, ...args: Args): unknown {
  const tap = this[TAP] as Tap
  if (tap.busy || this.writableEnded) return tap.end.apply(this, args as unknown[])
  tap.busy = true
  let result: unknown
  try {
    result = tap.end.apply(this, args as unknown[])
  } finally {
    tap.busy = false
  }
  if (typeof args[0] !== 'function') record(tap, tap.exchange.recordResponse, args[0], args[1])
  if (this.writableEnded) guarded(tap, () => tap.exchange.answered(factsOf(tap, this)))
  return result
}

function writeHead(this: ServerResponse & Tapped, ...args: Args): unknown {
  const tap = this[TAP] as Tap
  let given = args
  guarded(tap, () => {
    const id = this.headersSent ? undefined : tap.exchange.issueId(Number(args[0]))
    if (id !== undefined) given = withHeader(this, args, id)
  })
  return (tap.writeHead as Method).apply(this, given as unknown[])
}

/** Headers given to `writeHead` keep their way; only where none are given is one set. */
function withHeader(res: ServerResponse, args: Args, id: string): Args {
  const at = typeof args[1] === 'string' ? 2 : 1
  const headers = args[at] as readonly OutgoingHttpHeader[] | Record<string, unknown> | undefined
  if (headers === undefined || headers === null) {
    res.setHeader('Flagging-Id', id)
    return args
  }
  const more = Array.isArray(headers)
    ? [
        ...(headers as unknown[]),
        ...(Array.isArray(headers[0]) ? [['Flagging-Id', id]] : ['Flagging-Id', id]),
      ]
    : { ...headers, 'Flagging-Id': id }
  return [...args.slice(0, at), more, ...args.slice(at + 1)]
}

function onClose(this: ServerResponse & Tapped): void {
  const tap = this[TAP] as Tap
  guarded(tap, () => tap.exchange.ended(factsOf(tap, this), endedAs(tap, this)))
}

/** Whose doing it was that the answer was cut off: a client that left has closed its side. */
function endedAs({ req }: Tap, res: ServerResponse): Ended {
  // First: an answer that is ended and destroyed in one go has left our hands, but never arrives.
  if (res.errored) return 'error'
  const { stream } = res as { stream?: { aborted: boolean } }
  if (stream ? res.writableEnded && !stream.aborted : res.writableFinished) return 'complete'
  const socket = req.socket
  return !socket || socket.readableEnded || socket.errored || stream ? 'aborted' : 'error'
}

function factsOf({ exchange, req }: Tap, res: ServerResponse): AnswerFacts {
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

function record(
  tap: Tap,
  keep: (chunk: Uint8Array | string, encoding?: BufferEncoding) => void,
  chunk: unknown,
  encoding: unknown,
): void {
  try {
    if (typeof chunk === 'string') {
      keep.call(
        tap.exchange,
        chunk,
        typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined,
      )
    } else if (chunk instanceof Uint8Array) keep.call(tap.exchange, chunk)
  } catch (error) {
    tap.exchange.plan.onError(error)
  }
}

function guarded(tap: Tap, work: () => void): void {
  try {
    work()
  } catch (error) {
    tap.exchange.plan.onError(error)
  }
}
