import { isUtf8 } from 'node:buffer'
import type { UnderlyingSource } from 'node:stream/web'
import type { Ended } from '../sample/interaction.ts'
import type { Exchange } from './exchange.ts'

type Bytes = ReadableStream<Uint8Array>
type Controller = ReadableStreamDefaultController<Uint8Array>
type Reading = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

const IS_BUN = process.versions['bun'] !== undefined

/** A body that lies there is read within so many turns of the microtask queue. */
const TURNS = 16

/** What is done with a stream while it is read by somebody else. */
interface Watch {
  readonly exchange: Exchange
  /** The exchange's own method that keeps a chunk. */
  readonly keep: (chunk: Uint8Array) => void
  /** Told once, when the stream has ended. Without it nothing is read ahead but the first chunk. */
  readonly over?: (endedAs: Ended) => void
}

/**
 * A source of the same chunks at the same pace, one chunk read ahead: the first so that it is seen
 * where nobody reads, further ones so that an end is noticed with the last chunk. Cancelling it cancels the stream that is watched.
 *
 * What is the host's (reading, handing on, closing) and what is ours are kept apart: an error of ours
 * gives the exchange up, and the chunks go on.
 */
class WatchedSource implements UnderlyingSource<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #watch: Watch
  /** What has been read ahead for `whole` and belongs in front of `#next`. */
  #first: Reading | undefined
  #next: Promise<Reading> | undefined
  #isOver = false
  #isClosed = false

  constructor(stream: Bytes, watch: Watch) {
    this.#reader = stream.getReader()
    this.#watch = watch
  }

  /** Reads the first chunk: seen on arrival, as a socket's bytes are, also where nobody reads. */
  begin(): void {
    this.#next = this.#read()
    // Handled where it is awaited; until then it must not count as unhandled.
    this.#next.catch(() => {})
  }

  get hasBegun(): boolean {
    return this.#first !== undefined || this.#next !== undefined
  }

  /** Gives the stream back as it was, as long as nothing has been read of it. */
  detach(): void {
    this.#reader.releaseLock()
  }

  /**
   * The body, if all of it lay there in one piece: then it is none that the host streams, and must
   * not go out as one, in chunks and without its length. Waits no longer than for what is there.
   */
  async whole(): Promise<Uint8Array | undefined> {
    const first = this.#next && (await settledSoon(this.#next))
    if (!first || first.done) return first && new Uint8Array(0)
    this.#first = first
    this.#next = undefined
    this.#next = this.#read()
    this.#next.catch(() => {})
    const second = await settledSoon(this.#next)
    return second?.done === true ? first.value : undefined
  }

  async pull(controller: Controller): Promise<void> {
    const ahead = this.#first
    let reading = this.#next
    try {
      if (!this.#watch.over) reading ??= this.#read()
    } catch (error) {
      try {
        this.#giveUp(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    const result = ahead ?? (await (reading ?? this.#reader.read()))
    this.#first = undefined
    if (result.done) {
      if (!this.#isClosed) controller.close()
      this.#isClosed = true
      return
    }
    controller.enqueue(result.value)
    if (!this.#watch.over) {
      this.#next = undefined
      return
    }
    try {
      if (!ahead) this.#next = undefined
      this.#next ??= this.#read()
      this.#closeAhead(controller, this.#next)
    } catch (error) {
      // From here on it is read without being watched.
      try {
        this.#giveUp(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
  }

  cancel(reason: unknown): Promise<void> {
    this.#isClosed = true
    try {
      this.#end('aborted')
    } catch (error) {
      try {
        this.#giveUp(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    return this.#reader.cancel(reason)
  }

  #closeAhead(controller: Controller, next: Promise<Reading>): void {
    next.then(
      ({ done }) => {
        if (!done || this.#isClosed) return
        this.#isClosed = true
        controller.close()
      },
      (error: unknown) => {
        if (this.#isClosed) return
        this.#isClosed = true
        controller.error(error)
      },
    )
  }

  async #read(): Promise<Reading> {
    let result: Reading | undefined
    let failure: unknown
    try {
      result = await this.#reader.read()
    } catch (error) {
      failure = error
    }
    try {
      if (result === undefined) this.#end('error')
      else if (result.done) this.#end('complete')
      else this.#watch.keep.call(this.#watch.exchange, result.value)
    } catch (error) {
      try {
        this.#giveUp(error)
      } catch {
        // Not even that can be called where the stack is used up.
      }
    }
    if (result === undefined) throw failure
    return result
  }

  #end(endedAs: Ended): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#watch.over?.(endedAs)
  }

  #giveUp(error: unknown): void {
    this.#watch.exchange.abandon(error)
  }
}

/**
 * The same request, its body watched by the exchange. For runtimes without Node's sockets. It never
 * throws: after a failure it is the request itself.
 */
export function tapWebRequest(exchange: Exchange, request: Request): Request {
  let watched: WatchedSource | undefined
  let tapped: Request | undefined
  try {
    if (request.bodyUsed) exchange.missed()
    if (!request.body || request.bodyUsed) return request
    watched = new WatchedSource(request.body, { exchange, keep: exchange.recordRequest })
    tapped = new Request(request, {
      body: new ReadableStream(watched, { highWaterMark: 0 }),
      duplex: 'half',
    } as RequestInit)
    watched.begin()
  } catch (error) {
    try {
      exchange.abandon(error)
    } catch {
      // Not even that can be called where the stack is used up.
    }
    if (tapped === undefined) watched?.detach()
  }
  return tapped ?? request
}

/**
 * The same response, its body watched by the exchange, with `Flagging-Id` if it is to carry one. It
 * never rejects: after a failure it is the response itself, or what is left of it to hand on.
 * @param over told once, when the answer has ended
 */
export async function tapWebResponse(
  exchange: Exchange,
  response: Response,
  over: (endedAs: Ended) => void,
): Promise<Response> {
  let watched: WatchedSource | undefined
  let init: ResponseInit | undefined
  let body: Bytes | undefined
  try {
    init = initOf(response)
    const id = exchange.issueId(response.status)
    if (id !== undefined) (init.headers as Headers).set('Flagging-Id', id)
    // Null, or missing from what only looks like a response.
    if (!response.body) {
      over('complete')
      return exchange.issued ? new Response(null, init) : response
    }
    watched = new WatchedSource(response.body, { exchange, keep: exchange.recordResponse, over })
    watched.begin()
    const whole = await watched.whole()
    if (whole) nameType(init.headers as Headers, whole)
    if (!whole) body = new ReadableStream(watched)
    return new Response(whole ?? body, init)
  } catch (error) {
    try {
      exchange.abandon(error)
    } catch {
      // Not even that can be called where the stack is used up.
    }
    if (!watched) return response
    // The same stream again, if there is one: it may have taken a chunk already.
    if (watched.hasBegun) return new Response(body ?? new ReadableStream(watched), init)
    watched.detach()
    return response
  }
}

function initOf(response: Response): ResponseInit {
  // Bun forgets the body's type when the body is asked for; the Response of `@hono/node-server` makes
  // one up when the headers are asked for first.
  const early = IS_BUN ? response.headers.get('content-type') : null
  const { body: _, status, statusText } = response
  const headers = new Headers(response.headers)
  if (early !== null) headers.set('content-type', early)
  return { status, statusText, headers }
}

/** What a promise has settled with by now, or is about to settle with; no timer is waited for. */
async function settledSoon<T>(promise: Promise<T>): Promise<T | undefined> {
  let settled: T | undefined
  promise.then(
    (value) => (settled = value),
    () => {},
  )
  for (let turns = 0; turns < TURNS && settled === undefined; turns++) {
    await Promise.resolve()
  }
  return settled
}

/** Bun names the type of a body only as it sends it, by what the body was made of. */
function nameType(headers: Headers, body: Uint8Array): void {
  if (!IS_BUN || headers.has('content-type')) return
  const isText = isUtf8(body) && !body.some((byte) => byte < 9)
  headers.set('content-type', isText ? 'text/plain;charset=utf-8' : 'application/octet-stream')
}
