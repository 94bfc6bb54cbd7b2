import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { S3Store } from './s3-store.ts'

const require = createRequire(import.meta.url)
interface S3rver {
  store: S3Store
  context: { store: S3Store }
  callback(): (request: IncomingMessage, response: ServerResponse) => void
}
const S3rver = require('s3rver') as new (options: object) => S3rver

/** What a request meets that comes in while this is so. */
export type S3Trouble =
  /** An answer that refuses it: 503 SlowDown, 403 AccessDenied, or what else a server may say. */
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly code?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** An answer with this body. */
  | { readonly kind: 'say'; readonly status: number; readonly body: string }
  /** The connection ends when so many bytes of its body have come in, or gone out. */
  | { readonly kind: 'cut'; readonly direction: 'in' | 'out'; readonly afterBytes: number }
  /** It is answered that much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** It is never answered, or no more once so many bytes have gone out. */
  | { readonly kind: 'hang'; readonly afterBytes?: number }

/** A request, as it came in. */
export interface S3Request {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

/** An S3 server of one's own: s3rver, with a better store. */
export interface S3Server {
  readonly port: number
  /** Its address, for `new S3Files({ client: { endpoint } })`; buckets are in the path. */
  readonly endpoint: string
  /** All requests since it was started. */
  readonly requests: readonly S3Request[]
  /** What its requests meet; `undefined`: nothing. It may be one request's that a function picks. */
  trouble: S3Trouble | ((request: S3Request) => S3Trouble | undefined) | undefined
  /** What is left of uploads in parts that were neither finished nor broken off. */
  uploads(bucket: string): Promise<string[]>
  /** Cuts all connections and answers nobody; its data stay. */
  kill(): Promise<void>
  /** Starts it again at the same port. */
  restart(): Promise<void>
  /** Stops it for good and deletes its data. */
  stop(): Promise<void>
}

/** Starts a server without buckets in a temporary directory. */
export async function startS3(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'flagging-s3-'))
  const app = new S3rver({ directory: folder, silent: true, vhostBuckets: false })
  const store = new S3Store(folder)
  app.store = app.context.store = store
  const answer = app.callback()
  const requests: S3Request[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    const seen = { method, path, headers }
    requests.push(seen)
    const { trouble } = server
    const met = typeof trouble === 'function' ? trouble(seen) : trouble
    if (met !== undefined && (await meet(met, request, response))) return
    if (!isSigned(request)) return refuse(response, 403, 'AccessDenied')
    const upload = /^\/([^/?]+)\/.*[?&]uploadId=([0-9a-f]{32})/.exec(path)
    if (method === 'DELETE' && upload) {
      await store.abortUpload(upload[1] as string, upload[2] as string)
      response.writeHead(204).end()
    } else answer(request, response)
  }
  let http = await listening(handle, 0)
  const { port } = http.address() as { port: number }
  const server: S3Server = {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    trouble: undefined,
    uploads: (bucket) => store.uploads(bucket),
    kill: () => ended(http),
    async restart() {
      http = await listening(handle, port)
    },
    async stop() {
      await ended(http)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return server
}

/** s3rver lets everybody in; here, as in a bucket that is not public, somebody must ask. */
function isSigned({ headers, url = '' }: IncomingMessage): boolean {
  return headers.authorization !== undefined || url.includes('X-Amz-Signature=')
}

/** Gives true where the trouble is all that there is to the request. */
async function meet(
  trouble: S3Trouble,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (trouble.kind) {
    case 'refuse':
      refuse(response, trouble.status, trouble.code, trouble.headers)
      return true
    case 'say':
      request.resume()
      response.writeHead(trouble.status, { 'Content-Type': 'application/xml' }).end(trouble.body)
      return true
    case 'delay':
      await later(trouble.ms)
      return response.destroyed
    case 'hang':
      if (trouble.afterBytes === undefined) return true
      stopAfter(response, trouble.afterBytes, () => undefined)
      return false
    case 'cut':
      if (trouble.direction === 'in') cutAfter(request, trouble.afterBytes)
      else stopAfter(response, trouble.afterBytes, () => request.destroy())
      return false
  }
}

const CODES: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NoSuchBucket',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
}

function refuse(
  response: ServerResponse,
  status: number,
  code = CODES[status] ?? 'Error',
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Refused</Message></Error>`
  // A body that nobody reads must not keep the client from reading the answer.
  response.req.resume()
  response.writeHead(status, { 'Content-Type': 'application/xml', ...headers })
  response.end(response.req.method === 'HEAD' ? '' : body)
}

function cutAfter(request: IncomingMessage, bytes: number): void {
  let read = 0
  const push = request.push.bind(request)
  request.push = (chunk: Buffer | null, encoding) => {
    read += chunk?.length ?? 0
    if (read < bytes) return push(chunk, encoding)
    request.destroy()
    return false
  }
}

function stopAfter(response: ServerResponse, bytes: number, then: () => void): void {
  let written = 0
  const write = response.write.bind(response) as (chunk: Buffer) => boolean
  response.write = ((chunk: Buffer) => {
    const left = bytes - written
    written += chunk.length
    if (written < bytes) return write(chunk)
    if (left > 0) write(chunk.subarray(0, left))
    // What is written must have left before the connection ends.
    setImmediate(then)
    return false
  }) as typeof response.write
  response.end = (() => response) as typeof response.end
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

async function listening(handle: Handler, port: number): Promise<Server> {
  const http = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  return http
}

async function ended(http: Server): Promise<void> {
  if (!http.listening) return
  http.close()
  http.closeAllConnections()
  await once(http, 'close')
}
