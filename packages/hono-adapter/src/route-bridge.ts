import type { IncomingMessage } from 'node:http'
import {
  type Hall,
  type RouteBody,
  answerRoute,
  exchangeOf,
  isFlagRoute,
} from '@flagging/core/adapter'
import type { Context } from 'hono'
import { leftBody } from './left-body.ts'

/** Answers a request to the flag routes; `undefined` where the path is none of them. */
export async function answer(hall: Hall, c: Context, path: string): Promise<Response | undefined> {
  if (!isFlagRoute(hall, path)) return undefined
  if (hall.settings.mode === 'never' && path !== '/') return undefined
  try {
    exchangeOf(c)?.exclude()
    const at = c.req.url.indexOf('?')
    const { status, headers, body } = await answerRoute(hall, {
      method: c.req.method,
      path,
      query: at === -1 ? '' : c.req.url.slice(at + 1),
      // HTTP/2 has no `Host`; its authority is in the address.
      header: (name) =>
        c.req.header(name) ?? (name === 'host' ? new URL(c.req.url).host : undefined),
      target: c,
      body: () => bodyOf(c),
    })
    return new Response(body, { status, headers })
  } catch (error) {
    hall.report(error)
    return new Response(null, { status: 503 })
  }
}

async function bodyOf(c: Context): Promise<RouteBody> {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
  const wasRead = incoming ? incoming.readableDidRead : c.req.raw.bodyUsed
  if (wasRead || Object.keys(c.req.bodyCache).length > 0) {
    const left = await leftBody(c)
    return left ? { kind: 'left', left } : { kind: 'none' }
  }
  const { body } = c.req.raw
  if (body === null) return { kind: 'none' }
  return { kind: 'stream', chunks: () => chunksOf(body), discard: () => discard(body) }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}

/** The connection can go on only when the rest of the body has run off. */
function discard(body: ReadableStream<Uint8Array>): void {
  if (body.locked) return
  body.pipeTo(new WritableStream()).catch(() => {})
}
