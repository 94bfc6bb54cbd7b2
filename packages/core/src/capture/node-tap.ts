import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import type { Exchange } from './exchange.ts'
import { mark } from './exchange-mark.ts'
import { type AnswerStream, NodeAnswer, endedAs } from './node-answer.ts'
import { type Method, NodeShadows } from './node-shadows.ts'
import { whenQueuedIsGone } from './queued-answers.ts'

type Args = readonly unknown[]

/** What the shadows find their way back with; one per exchange. */
interface Tap {
  readonly exchange: Exchange
  readonly req: IncomingMessage
  /** That of the answer on HTTP/2. */
  readonly stream: AnswerStream | undefined
  /** Which shadows count, where there are some that are shared and some of the objects' own. */
  isPushShared: boolean
  isWriteShared: boolean
  /** `undefined` while the head is not watched, which only ids need. */
  isHeadShared: boolean | undefined
  /** Set while one of the originals runs: what it calls in turn has been seen already. */
  busy: boolean
  /** Set where the host ends an answer that it has destroyed before: Node calls that finished. */
  cut: boolean
}

const TAP: unique symbol = Symbol('flagging.tap')

/** Private to Node, alike from 20 to 25 (an array with a start; before, an iterable list). */
interface ReadableInternals {
  /** Whether all of it is in, read or not. */
  readonly ended: boolean
  /** Whether any of it was read. */
  readonly dataEmitted: boolean
  readonly length: number
  readonly buffer: Iterable<Uint8Array | string>
  readonly bufferIndex?: number
  /** The note is here for the reason that {@link mark} tells of. */
  [TAP]?: Tap
}

interface TappedRequest {
  readonly _readableState: ReadableInternals
}

interface TappedResponse {
  readonly req?: Partial<TappedRequest>
}

const requestShadows = new NodeShadows({ push: pushShadow })
const responseShadows = new NodeShadows({
  write: writeShadow,
  end: endShadow,
  writeHead: writeHeadShadow,
})
const PUSH = ['push']
const WRITES = ['write', 'end']
const HEAD = ['writeHead']

/**
 * Sees the bytes of a Node request and its response go by. Nothing is consumed, delayed or held
 * back: the methods that carry the bytes (`push`, `write`, `end`) are shadowed, call the originals
 * with the arguments as given, and hand back what those return.
 *
 * Each shadow does our part within a `try` of its own, apart from the original, so that an error of
 * ours never becomes the host's, nor the other way round. After one the exchange is given up: its
 * `fault` is set without a call, since the stack may be what is used up.
 */
export function tapNode(exchange: Exchange, req: IncomingMessage, res: ServerResponse): void {
  try {
    const { stream } = res as { stream?: AnswerStream }
    const tap: Tap = {
      exchange,
      req,
      stream,
      isPushShared: false,
      isWriteShared: false,
      isHeadShared: undefined,
      busy: false,
      cut: false,
    }
    const state = (req as unknown as TappedRequest)._readableState
    // First: from here on the exchange comes to an end, whatever else goes wrong.
    state[TAP] = tap
    res.on('close', onClose)
    if (res.socket === null && req.socket instanceof Socket)
      whenQueuedIsGone(req.socket, res, onClose)
    exchange.isRequestWhole = state.ended
    if (state.length > 0) recordBuffered(exchange, req, state)
    if (state.dataEmitted) exchange.missed()
    mark(req, exchange)
    tap.isPushShared = requestShadows.put(req, PUSH)
    tap.isWriteShared = responseShadows.put(res, WRITES)
    watchHead(exchange, res)
    // The client has left while an earlier middleware was at work, and no end is told any more.
    if (stream?.destroyed ?? res.closed) setImmediate(() => onClose.call(res))
  } catch (error) {
    exchange.abandon(error)
  }
}

/** Sees the response head go by if ids are wanted: also when only a later middleware wants them. */
export function watchHead(exchange: Exchange, res: ServerResponse): void {
  if (!exchange.plan.issuesIds) return
  const tap = (res as TappedResponse).req?._readableState?.[TAP]
  if (tap === undefined || tap.isHeadShared !== undefined) return
  tap.isHeadShared = responseShadows.put(res, HEAD)
}

/** What lies unread in the stream's buffer arrived before us: looked at, never consumed. */
function recordBuffered(exchange: Exchange, req: IncomingMessage, state: ReadableInternals): void {
  const chunks = [...state.buffer].slice(state.bufferIndex ?? 0)
  for (const chunk of chunks) exchange.recordRequest(chunk, req.readableEncoding ?? undefined)
}

function pushShadow(original: Method, isShared: boolean): Method {
  return function push(this: unknown, chunk: unknown, encoding?: unknown): unknown {
    const tap = (this as TappedRequest)._readableState[TAP]
    if (tap !== undefined && tap.isPushShared === isShared) {
      const { exchange } = tap
      try {
        if (chunk === null) exchange.requestEnded()
        else if (isBody(chunk)) exchange.recordRequest(chunk, namedEncoding(encoding))
      } catch (error) {
        exchange.fault ??= error
      }
    }
    return original.call(this, chunk, encoding)
  }
}

function writeShadow(original: Method, isShared: boolean): Method {
  return function write(this: unknown, ...args: Args): unknown {
    const tap = (this as TappedResponse).req?._readableState?.[TAP]
    if (tap === undefined || tap.busy || tap.isWriteShared !== isShared) {
      return original.apply(this, args as unknown[])
    }
    const { writableEnded, destroyed } = this as ServerResponse
    if (writableEnded || destroyed) return original.apply(this, args as unknown[])
    const { exchange } = tap
    tap.busy = true
    try {
      const result = original.apply(this, args as unknown[])
      try {
        if (isBody(args[0])) exchange.recordResponse(args[0], namedEncoding(args[1]))
      } catch (error) {
        exchange.fault ??= error
      }
      return result
    } finally {
      tap.busy = false
    }
  }
}

function endShadow(original: Method, isShared: boolean): Method {
  return function end(this: unknown, ...args: Args): unknown {
    const tap = (this as TappedResponse).req?._readableState?.[TAP]
    if (tap === undefined || tap.isWriteShared !== isShared) {
      return original.apply(this, args as unknown[])
    }
    const { writableEnded, destroyed } = this as ServerResponse
    if (destroyed && !writableEnded) tap.cut = true
    if (tap.busy || writableEnded || destroyed) return original.apply(this, args as unknown[])
    const { exchange } = tap
    tap.busy = true
    let result: unknown
    try {
      result = original.apply(this, args as unknown[])
    } finally {
      tap.busy = false
    }
    try {
      // Where the connection has gone before, all is told already.
      if (exchange.state === 'ended' || exchange.fault !== undefined) return result
      if (isBody(args[0])) exchange.recordResponse(args[0], namedEncoding(args[1]))
      const res = this as ServerResponse
      if (res.writableEnded) exchange.answered(answerOf(exchange, tap.req, res))
    } catch (error) {
      exchange.fault ??= error
    }
    return result
  }
}

function writeHeadShadow(original: Method, isShared: boolean): Method {
  return function writeHead(this: unknown, ...args: Args): unknown {
    const tap = (this as TappedResponse).req?._readableState?.[TAP]
    if (tap === undefined || tap.isHeadShared !== isShared) {
      return original.apply(this, args as unknown[])
    }
    const res = this as ServerResponse
    let given = args
    let id: string | undefined
    try {
      id = res.headersSent ? undefined : tap.exchange.issueId(Number(args[0]))
      if (id !== undefined) given = withHeader(res, args, id)
    } catch (error) {
      tap.exchange.fault ??= error
    }
    try {
      return original.apply(this, given as unknown[])
    } catch (error) {
      // The host may write another head: it is asked again whether that one carries the id.
      if (id !== undefined && !res.headersSent) {
        tap.exchange.issued = false
        res.removeHeader('Flagging-Id')
      }
      throw error
    }
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
  const given = [...args]
  given[at] = more
  return given
}

/** The facts are looked up once: as they are when the host has ended its answer. */
function answerOf(exchange: Exchange, req: IncomingMessage, res: ServerResponse): NodeAnswer {
  return (exchange.answer as NodeAnswer | undefined) ?? new NodeAnswer(exchange, req, res)
}

function onClose(this: ServerResponse): void {
  const tap = (this as TappedResponse).req?._readableState?.[TAP]
  if (tap === undefined) return
  const { exchange } = tap
  try {
    if (exchange.fault !== undefined) exchange.abandon(exchange.fault)
    else if (exchange.state !== 'ended')
      exchange.ended(answerOf(exchange, tap.req, this), endedAs(tap, this))
  } catch (error) {
    exchange.fault ??= error
    try {
      exchange.abandon(error)
    } catch {
      // Even that call may be one too many.
    }
  }
}

function isBody(chunk: unknown): chunk is string | Uint8Array {
  return typeof chunk === 'string' || chunk instanceof Uint8Array
}

/** What stands in the place of an encoding may be a callback. */
function namedEncoding(given: unknown): BufferEncoding | undefined {
  return typeof given === 'string' ? (given as BufferEncoding) : undefined
}
