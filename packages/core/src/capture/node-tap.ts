import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import type { Exchange } from './exchange.ts'
import { mark } from './exchange-mark.ts'
import { endedAs, factsOf } from './node-answer.ts'
import { whenQueuedIsGone } from './queued-answers.ts'

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
  /** Set where the host ends an answer that it has destroyed before: Node calls that finished. */
  cut: boolean
}

const TAP: unique symbol = Symbol('flagging.tap')

interface Tapped {
  [TAP]?: Tap
}

/**
 * Sees the bytes of a Node request and its response go by. Nothing is consumed, delayed or held
 * back: the methods that carry the bytes (`push`, `write`, `end`) are shadowed on the two objects,
 * call the originals with the arguments as given, and hand back what those return.
 *
 * Each shadow does our part within a `try` of its own, apart from the original, so that an error of
 * ours never becomes the host's, nor the other way round. After one the exchange is given up: its
 * `fault` is set without a call, since the stack may be what is used up.
 */
export function tapNode(exchange: Exchange, req: IncomingMessage, res: ServerResponse): void {
  try {
    const tap: Tap = {
      exchange,
      req,
      push: req.push as Method,
      write: res.write as Method,
      end: res.end as Method,
      writeHead: undefined,
      busy: false,
      cut: false,
    }
    // First: from here on the exchange comes to an end, whatever else goes wrong.
    ;(res as Tapped)[TAP] = tap
    res.on('close', onClose)
    if (res.socket === null && req.socket instanceof Socket)
      whenQueuedIsGone(req.socket, res, onClose)
    exchange.isRequestWhole = internalsOf(req).ended
    recordBuffered(exchange, req)
    if (req.readableDidRead) exchange.missed()
    mark(req, exchange)
    ;(req as Tapped)[TAP] = tap
    req.push = push
    res.write = write as typeof res.write
    res.end = end as typeof res.end
    watchHead(exchange, res)
    // The client has left while an earlier middleware was at work, and no end is told any more.
    if (isOver(res)) setImmediate(() => onClose.call(res))
  } catch (error) {
    exchange.abandon(error)
  }
}

/** Whether an answer has told its end already; on HTTP/2 its stream knows. */
function isOver(res: ServerResponse): boolean {
  return res.closed || (res as { stream?: { destroyed: boolean } }).stream?.destroyed === true
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
  const state = internalsOf(req)
  const chunks = [...state.buffer].slice(state.bufferIndex ?? 0)
  for (const chunk of chunks) exchange.recordRequest(chunk, req.readableEncoding ?? undefined)
}

/** Private to Node, alike from 20 to 25 (an array with a start; before, an iterable list). */
interface ReadableInternals {
  /** Whether all of it is in, read or not. */
  readonly ended: boolean
  readonly buffer: Iterable<Uint8Array | string>
  readonly bufferIndex?: number
}

function internalsOf(req: IncomingMessage): ReadableInternals {
  return (req as unknown as { _readableState: ReadableInternals })._readableState
}

function push(this: IncomingMessage & Tapped, chunk: unknown, encoding?: BufferEncoding): boolean {
  const tap = this[TAP] as Tap
  const { exchange } = tap
  try {
    if (chunk !== null) record(exchange, exchange.recordRequest, chunk, encoding)
    else exchange.requestEnded()
  } catch (error) {
    exchange.fault ??= error
  }
  return tap.push.call(this, chunk, encoding) as boolean
}

function write(this: ServerResponse & Tapped, ...args: Args): boolean {
  const tap = this[TAP] as Tap
  if (tap.busy || this.writableEnded || this.destroyed) {
    return tap.write.apply(this, args as unknown[]) as boolean
  }
  const { exchange } = tap
  tap.busy = true
  try {
    const result = tap.write.apply(this, args as unknown[]) as boolean
    try {
      record(exchange, exchange.recordResponse, args[0], args[1])
    } catch (error) {
      exchange.fault ??= error
    }
    return result
  } finally {
    tap.busy = false
  }
}

function end(this: ServerResponse & Tapped, ...args: Args): unknown {
  const tap = this[TAP] as Tap
  if (this.destroyed && !this.writableEnded) tap.cut = true
  if (tap.busy || this.writableEnded || this.destroyed) {
    return tap.end.apply(this, args as unknown[])
  }
  const { exchange } = tap
  tap.busy = true
  let result: unknown
  try {
    result = tap.end.apply(this, args as unknown[])
  } finally {
    tap.busy = false
  }
  try {
    // Where the connection has gone before, all is told already.
    if (exchange.state === 'ended' || exchange.fault !== undefined) return result
    if (typeof args[0] !== 'function') record(exchange, exchange.recordResponse, args[0], args[1])
    if (this.writableEnded) exchange.answered(factsOf(exchange, tap.req, this))
  } catch (error) {
    exchange.fault ??= error
  }
  return result
}

function writeHead(this: ServerResponse & Tapped, ...args: Args): unknown {
  const tap = this[TAP] as Tap
  let given = args
  let id: string | undefined
  try {
    id = this.headersSent ? undefined : tap.exchange.issueId(Number(args[0]))
    if (id !== undefined) given = withHeader(this, args, id)
  } catch (error) {
    tap.exchange.fault ??= error
  }
  try {
    return (tap.writeHead as Method).apply(this, given as unknown[])
  } catch (error) {
    // The host may write another head: it is asked again whether that one carries the id.
    if (id !== undefined && !this.headersSent) {
      tap.exchange.issued = false
      this.removeHeader('Flagging-Id')
    }
    throw error
  }
}

/** Headers given to `writeHead` keep their way; only where none are given is one set. */
function withHeader(res: ServerResponse, args: Args, id: string): Args {
  const at = typeof args[1] === 'string' || args[2] != null ? 2 : 1
  const headers = args[at] as readonly OutgoingHttpHeader[] | Record<string, unknown> | undefined
  const isPairs = Array.isArray(headers) && Array.isArray(headers[0])
  // Beside headers that are set Node may refuse pairs, and says so of the list as it was given.
  if (headers === undefined || headers === null || (isPairs && res.getHeaderNames().length > 0)) {
    res.setHeader('Flagging-Id', id)
    return args
  }
  const more = Array.isArray(headers)
    ? [...(headers as unknown[]), ...(isPairs ? [['Flagging-Id', id]] : ['Flagging-Id', id])]
    : { ...headers, 'Flagging-Id': id }
  return [...args.slice(0, at), more, ...args.slice(at + 1)]
}

function onClose(this: ServerResponse & Tapped): void {
  const tap = this[TAP] as Tap
  const { exchange } = tap
  try {
    if (exchange.fault !== undefined) exchange.abandon(exchange.fault)
    else if (exchange.state !== 'ended')
      exchange.ended(factsOf(exchange, tap.req, this), endedAs(tap.req, this, tap.cut))
  } catch (error) {
    exchange.fault ??= error
    try {
      exchange.abandon(error)
    } catch {
      // Even that call may be one too many.
    }
  }
}

function record(
  exchange: Exchange,
  keep: (chunk: Uint8Array | string, encoding?: BufferEncoding) => void,
  chunk: unknown,
  encoding: unknown,
): void {
  if (typeof chunk === 'string') {
    keep.call(
      exchange,
      chunk,
      typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined,
    )
  } else if (chunk instanceof Uint8Array) keep.call(exchange, chunk)
}
