import type { Ended } from '../sample/interaction.ts'
import type { Exchange } from './exchange.ts'

/** What is told of a stream while it is read by somebody else. */
interface StreamWatcher {
  chunk(chunk: Uint8Array): void
  over(endedAs: Ended): void
}

/**
 * A stream of the same chunks at the same pace, one chunk read ahead so that its end is noticed with
 * its last chunk. Cancelling it cancels the source.
 */
function watch(
  source: ReadableStream<Uint8Array>,
  watcher: StreamWatcher,
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  // Seen on arrival, as a socket's bytes are: also what nobody reads.
  const read = async () => {
    const result = await reader.read()
    if (!result.done) watcher.chunk(result.value)
    return result
  }
  let next = read()
  // Handled where it is awaited; until then it must not count as unhandled.
  next.catch(() => {})
  let over = false
  /** Whether this end is the first to be seen: a cancelled stream ends once more. */
  const finish = (endedAs: Ended): boolean => {
    if (over) return false
    over = true
    watcher.over(endedAs)
    return true
  }
  const ahead = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    next = read()
    next.then(
      ({ done }) => {
        if (done && finish('complete')) controller.close()
      },
      (error: unknown) => {
        if (finish('error')) controller.error(error)
      },
    )
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let result: Awaited<typeof next>
      try {
        result = await next
      } catch (error) {
        if (finish('error')) controller.error(error)
        return
      }
      if (result.done) {
        if (finish('complete')) controller.close()
        return
      }
      controller.enqueue(result.value)
      ahead(controller)
    },
    cancel(reason) {
      finish('aborted')
      return reader.cancel(reason)
    },
  })
}

/**
 * The same request, its body watched by the exchange. For runtimes without Node's sockets.
 */
export function tapWebRequest(exchange: Exchange, request: Request): Request {
  if (request.body === null || request.bodyUsed) {
    if (request.bodyUsed) exchange.missed()
    return request
  }
  const body = watch(request.body, {
    chunk: (chunk) => guarded(exchange, () => exchange.recordRequest(chunk)),
    over: () => {},
  })
  return new Request(request, { body, duplex: 'half' } as RequestInit)
}

/**
 * The same response, its body watched by the exchange, with `Flagging-Id` if it is to carry one.
 * @param over told once, when the answer has ended
 */
export function tapWebResponse(
  exchange: Exchange,
  response: Response,
  over: (endedAs: Ended) => void,
): Response {
  // Asked for first: the body decides on a content type that only then is among the headers.
  const { body: source, status, statusText } = response
  const headers = new Headers(response.headers)
  guarded(exchange, () => {
    const id = exchange.issueId(status)
    if (id !== undefined) headers.set('Flagging-Id', id)
  })
  if (source === null) {
    guarded(exchange, () => over('complete'))
    return exchange.issued ? new Response(null, { status, statusText, headers }) : response
  }
  const body = watch(source, {
    chunk: (chunk) => guarded(exchange, () => exchange.recordResponse(chunk)),
    over: (endedAs) => guarded(exchange, () => over(endedAs)),
  })
  return new Response(body, { status, statusText, headers })
}

function guarded(exchange: Exchange, work: () => void): void {
  try {
    work()
  } catch (error) {
    exchange.plan.onError(error)
  }
}
