import { request as httpRequest } from 'node:http'
import type { Server } from '../contract/host.ts'

/** What a client sends; `leavesAfter` makes it go away once that much of the answer has come. */
export interface Sent {
  readonly method: string
  readonly headers?: Record<string, string>
  /** In pieces over a socket, at once without. */
  readonly body?: readonly (string | Uint8Array)[]
  readonly leavesAfter?: number
}

/** What came back, for comparisons: without the date and without our id. */
export interface Received {
  readonly status: number
  readonly statusText: string
  readonly headers: readonly string[]
  readonly body: string
}

/** An answer, with the id that it carried. */
export interface Reply extends Received {
  readonly id: string | undefined
}

/** What an answer that never comes is taken for. */
const PATIENCE_MS = 15_000

/** Sends one request and reads its answer; rejects where the connection breaks, or nothing comes. */
export function call(server: Server, path: string, sent: Sent): Promise<Reply> {
  const reply =
    server.port === undefined
      ? callDirectly(server, path, sent)
      : callOverSocket(server.port, path, sent)
  return inTime(reply, `${sent.method} ${path} was not answered`)
}

/** A promise that nobody waits for longer than anything here can take. */
export async function inTime<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), PATIENCE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function callOverSocket(port: number, path: string, sent: Sent): Promise<Reply> {
  const { method, headers = {}, body = [], leavesAfter = Number.POSITIVE_INFINITY } = sent
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path, method, headers, agent: false }
    const request = httpRequest(target, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      const done = () => {
        const pairs = response.rawHeaders
          .map((name, index) => [name, response.rawHeaders[index + 1] ?? ''] as const)
          .filter((_, index) => index % 2 === 0)
        resolve({
          ...compared(pairs),
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? '',
          body: Buffer.concat(chunks).subarray(0, leavesAfter).toString('latin1'),
        })
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size < leavesAfter) return
        done()
        request.destroy()
      })
      response.on('error', reject)
      response.on('end', done)
    })
    request.on('error', reject)
    const pieces = [...body]
    const next = (): void => {
      const piece = pieces.shift()
      if (pieces.length === 0) request.end(piece)
      else request.write(piece ?? '', () => setImmediate(next))
    }
    next()
  })
}

async function callDirectly(server: Server, path: string, sent: Sent): Promise<Reply> {
  const { method, headers = {}, body, leavesAfter = Number.POSITIVE_INFINITY } = sent
  const bytes = body && new Uint8Array(Buffer.concat(body.map((piece) => Buffer.from(piece))))
  const response = await server.request(path, { method, headers, ...(bytes && { body: bytes }) })
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  while (reader && size < leavesAfter) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.length
  }
  if (size >= leavesAfter) await reader?.cancel()
  return {
    ...compared([...response.headers]),
    status: response.status,
    statusText: response.statusText,
    body: Buffer.concat(chunks).subarray(0, leavesAfter).toString('latin1'),
  }
}

function compared(pairs: readonly (readonly [string, string])[]) {
  const id = pairs.find(([name]) => name.toLowerCase() === 'flagging-id')?.[1]
  const headers = pairs
    .filter(([name]) => !/^(?:date|flagging-id)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`)
  return { id, headers }
}
