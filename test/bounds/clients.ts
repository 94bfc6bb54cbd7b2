import { once } from 'node:events'
import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { type Socket, connect } from 'node:net'

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number
  readonly id: string | undefined
  readonly text: string
}

/** What is sent with a request. */
export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** A connection to go over; one of its own otherwise. */
  readonly agent?: Agent
}

/** Sends a request and reads all of the answer. */
export async function send(port: number, path: string, sent: Sent = {}): Promise<Answer> {
  const { method = 'POST', headers = {}, body, agent = false } = sent
  const length = { 'content-length': String(Buffer.byteLength(body ?? '')) }
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent,
    headers: { ...headers, ...length },
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const id = response.headers['flagging-id'] as string | undefined
  return { status: response.statusCode ?? 0, id, text: Buffer.concat(chunks).toString() }
}

/** A client that writes by hand, and reads nothing before it is told to. */
export class RawClient {
  readonly socket: Socket
  /** Bytes that were read. */
  read = 0
  /** The first bytes that were read. */
  head = ''

  private constructor(socket: Socket) {
    this.socket = socket
    // A connection that is broken off is what many of the tests are about.
    socket.on('error', () => {})
    socket.pause()
  }

  /** Whether the connection is gone, or about to be. */
  get isOver(): boolean {
    return this.socket.destroyed
  }

  /** Connects and sends the head of a request. */
  static async open(
    port: number,
    path: string,
    headers: Readonly<Record<string, string | number>> = { 'content-length': 0 },
  ): Promise<RawClient> {
    const client = new RawClient(connect({ host: '127.0.0.1', port, noDelay: true }))
    await once(client.socket, 'connect')
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    await client.write(`POST ${path} HTTP/1.1\r\nHost: bounds\r\n${lines.join('')}\r\n`)
    return client
  }

  /** Resolves when the system has taken the bytes, or the connection is gone. */
  write(bytes: string | Uint8Array): Promise<void> {
    if (this.isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.socket.off('close', done)
        resolve()
      }
      this.socket.on('close', done)
      this.socket.write(bytes, done)
    })
  }

  /** Reads on until this many bytes have come, or the connection is gone; then no more. */
  async readUntil(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = () => {
        if (this.read < bytes && !this.isOver) return
        this.socket.off('data', take).off('close', check)
        this.socket.pause()
        resolve()
      }
      const take = (chunk: Buffer) => {
        this.read += chunk.length
        if (this.head.length < 4096) this.head += chunk.toString('latin1', 0, 4096)
        check()
      }
      this.socket.on('data', take)
      this.socket.on('close', check)
      this.socket.resume()
      check()
    })
  }

  /** Leaves, without a word. */
  async leave(): Promise<void> {
    this.socket.destroy()
    if (!this.socket.closed) await once(this.socket, 'close')
  }
}

/** Does something many times, so many at once. */
export async function repeat(
  times: number,
  atOnce: number,
  work: (nth: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < times) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, worker))
}

/** Asks again and again until the answer will do. */
export async function eventually<T>(
  ask: () => Promise<T>,
  willDo: (answer: T) => boolean,
): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (willDo(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Asks until the answer has been the same for a while. */
export async function settled<T>(ask: () => Promise<T>): Promise<T> {
  let last = await ask()
  for (let same = 0; same < 20; same++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = await ask()
    if (JSON.stringify(now) !== JSON.stringify(last)) same = -1
    last = now
  }
  return last
}
