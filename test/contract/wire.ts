import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { parse } from 'csv-parse/sync'
import type { Server } from './host.ts'

/** An answer that has been read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  /** The `Flagging-Id` of the response. */
  readonly id: string | null
  /** The body as JSON. */
  json<T = unknown>(): T
}

/** Sends a request and reads all of its answer. */
export async function send(server: Server, path: string, init?: RequestInit): Promise<Answer> {
  const response = await server.request(path, init)
  return readAnswer(response)
}

/** Reads a response to its end. */
export async function readAnswer(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer())
  const { status, headers } = response
  return {
    status,
    headers,
    bytes,
    id: headers.get('flagging-id'),
    // Of large answers, most tests want the bytes alone.
    get text() {
      return bytes.toString()
    },
    json: <T>() => JSON.parse(bytes.toString()) as T,
  }
}

/** A POST of JSON. */
export function postJSON(value: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  }
}

/** A POST of an HTML form. */
export function postForm(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}

/** A POST of a form with files, as a browser sends it. */
export function postParts(fields: Record<string, string | Blob | readonly Blob[]>): RequestInit {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    for (const part of [value].flat() as (string | Blob)[]) {
      if (typeof part === 'string') form.append(name, part)
      else form.append(name, part, (part as File).name || 'file')
    }
  }
  return { method: 'POST', body: form }
}

/** A file as a browser would upload it. */
export function upload(bytes: Uint8Array, name = 'picture.png', type = 'image/png'): File {
  return new File([new Uint8Array(bytes)], name, { type })
}

/** Flags by the id of an answer. */
export function flag(
  server: Server,
  id: string | null,
  more: Record<string, unknown> = {},
  path = '/flag',
): Promise<Answer> {
  return send(server, path, postJSON({ id, ...more }))
}

/** What a strict foreign reader makes of a log. */
export function rowsOf(text: string): string[][] {
  return parse(text)
}

/** The rows of a log by header. */
export function recordsOf(text: string): Record<string, string>[] {
  return parse(text, { columns: true })
}

/** What came over the wire, for comparisons: everything but the date and our id. */
export interface Exchanged {
  readonly status: number
  readonly statusText: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly trailers: readonly string[]
  readonly body: string
}

/** What one exchange looks like to the client, to be compared with another. */
export async function exchange(
  server: Server,
  path: string,
  init: { method: string; headers?: Record<string, string>; body?: string | Uint8Array },
): Promise<Exchanged> {
  return server.port === undefined
    ? exchangeWithoutSocket(server, path, init)
    : exchangeOverSocket(server.port, path, init)
}

async function exchangeWithoutSocket(
  server: Server,
  path: string,
  init: RequestInit,
): Promise<Exchanged> {
  const response = await server.request(path, { ...init, redirect: 'manual' })
  // Before the headers: the Response of `@hono/node-server` makes up a content type until then.
  const body = Buffer.from(await response.arrayBuffer()).toString('base64')
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers].filter(([name]) => isCompared(name)),
    trailers: [],
    body,
  }
}

function exchangeOverSocket(
  port: number,
  path: string,
  { method, headers = {}, body }: Parameters<typeof exchange>[2],
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { rawHeaders } = response
          const pairs = rawHeaders
            .map((name, index) => [name, rawHeaders[index + 1] ?? ''] as const)
            .filter((_, index) => index % 2 === 0)
          resolve({
            status: response.statusCode ?? 0,
            statusText: response.statusMessage ?? '',
            headers: pairs.filter(([name]) => isCompared(name)),
            trailers: response.rawTrailers,
            body: Buffer.concat(chunks).toString('base64'),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function isCompared(name: string): boolean {
  return !/^(date|flagging-id)$/i.test(name)
}

/** A promise that is settled from outside. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** Resolves as soon as something is so; a test that waits in vain runs into its timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** Bytes as something that is compared, and printed, in no time. */
export function digest(bytes: Uint8Array | string): string {
  const hash = createHash('sha256').update(bytes).digest('hex')
  return `${bytes.length} long, ${hash.slice(0, 32)}`
}

/** A request over a connection of its own, still to be written. */
export function open(
  server: Server,
  method: string,
  path: string,
  headers: Record<string, string | number>,
): ClientRequest {
  const { port } = server
  return httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
}

/** The body of the answer to a request. */
export async function answerTo(request: ClientRequest): Promise<string> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
