import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import {
  type Hall,
  type RouteAnswer,
  type RouteBody,
  answerRoute,
  exchangeOf,
  isFlagRoute,
} from '@flagging/core/adapter'
import type { Request, Response } from 'express'
import { urlOf } from './address.ts'
import { leftBody } from './left-body.ts'

/** Answers a request to the flag routes; `false` where the path is none of them. */
export function answer(hall: Hall, req: Request, res: Response, path: string): boolean {
  if (!isFlagRoute(hall, path)) return false
  void respond(hall, req, res, path)
  return true
}

async function respond(hall: Hall, req: Request, res: Response, path: string): Promise<void> {
  try {
    exchangeOf(req)?.exclude()
    const url = urlOf(req)
    const at = url.indexOf('?')
    const answered = await answerRoute(hall, {
      method: req.method,
      path,
      query: at === -1 ? '' : url.slice(at + 1),
      header: (name) => req.headers[name]?.toString(),
      target: req,
      body: () => bodyOf(req),
    })
    await send(res, answered)
  } catch (error) {
    // The client has left, or the body broke off, which is reported where it did.
    if (!isPremature(error)) hall.report(error)
    if (res.headersSent) res.destroy()
    else res.writeHead(503).end()
  }
}

async function send(res: Response, { status, headers, body }: RouteAnswer): Promise<void> {
  if (res.destroyed) {
    if (body !== null && typeof body !== 'string') await body.cancel()
    return
  }
  res.writeHead(status, headers)
  if (body === null || typeof body === 'string') res.end(body ?? undefined)
  else await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), res)
}

function isPremature(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

function bodyOf(req: Request): RouteBody {
  // Parsers of Express 4 leave an empty object behind bodies that they have not read.
  if (req.readableDidRead || req.readableEnded || req.destroyed) {
    const left = leftBody(req)
    return left ? { kind: 'left', left } : { kind: 'none' }
  }
  return {
    kind: 'stream',
    chunks: () => req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    discard: () => req.resume(),
  }
}
