import { once } from 'node:events'
import {
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
  connect,
  constants,
  createServer,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable, pipeline } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Server } from '../../../test/contract/host.ts'

const NO_BODY: readonly number[] = [204, 205, 304]

/** Serves an app over HTTP/2 without TLS, where bodies have neither a length nor an encoding. */
export async function overHttp2(app: Hono): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch, createServer }) as Http2Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = connect(origin)
  return {
    origin,
    port: undefined,
    request: async (path, init) => {
      const request = new Request(origin + path, init)
      const { pathname, search } = new URL(request.url)
      const stream = session.request(
        {
          ':method': request.method,
          ':path': pathname + search,
          ...Object.fromEntries(request.headers),
        },
        { endStream: request.body === null },
      )
      // An answer that comes before the request has gone out ends both.
      if (request.body) pipeline(Readable.fromWeb(request.body as never), stream, () => {})
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
      return responseOf(stream, answer)
    },
    async close() {
      session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function responseOf(stream: ClientHttp2Stream, answer: IncomingHttpHeaders): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer)) {
    if (name.startsWith(':')) continue
    for (const one of [value].flat()) headers.append(name, one ?? '')
  }
  const status = Number(answer[':status'])
  if (NO_BODY.includes(status)) {
    stream.resume()
    return new Response(null, { status, headers })
  }
  return new Response(bodyOf(stream), { status, headers })
}

/** The answer's body, piece by piece; it is whole at its end, whatever became of the request's. */
function bodyOf(stream: ClientHttp2Stream): ReadableStream<Uint8Array> {
  let over = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (error?: unknown) => {
        if (over) return
        over = true
        if (error === undefined) controller.close()
        else controller.error(error)
      }
      stream.pause()
      stream.on('data', (chunk: Buffer) => {
        if (over) return
        controller.enqueue(new Uint8Array(chunk))
        stream.pause()
      })
      stream.on('end', () => end(stream.rstCode === 0 ? undefined : new Error('reset')))
      stream.on('error', end)
      stream.on('close', () => end(new Error('closed')))
    },
    pull: () => void stream.resume(),
    cancel: () => {
      over = true
      stream.close(constants.NGHTTP2_CANCEL)
    },
  })
}
