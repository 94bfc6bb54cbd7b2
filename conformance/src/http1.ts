import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { BodyReader } from './body-reader.ts'
import {
  type Answer,
  type Asked,
  type Conversation,
  describeBody,
  type Head,
} from './conversation.ts'
import type { Scrub } from './scrub.ts'

/** Opens an exchange over a connection of its own. */
export function openHttp1(port: number, asked: Asked, scrub: Scrub): Conversation {
  return new Http1Conversation(port, asked, scrub)
}

class Http1Conversation implements Conversation {
  readonly #request: ClientRequest
  readonly #scrub: Scrub
  readonly #informational: string[] = []
  readonly #answered: Promise<IncomingMessage | undefined>
  readonly #continued: Promise<void>
  readonly #closed: Promise<void>
  #reader: BodyReader | undefined

  constructor(port: number, { method = 'POST', path, headers = {}, body }: Asked, scrub: Scrub) {
    this.#scrub = scrub
    const to = { host: '127.0.0.1', port, method, path, agent: false }
    this.#request = httpRequest({ ...to, headers: headers as Record<string, string> })
    // Otherwise the bodies of some methods go out without their length, and are taken for a request.
    if (body !== undefined) this.#request.useChunkedEncodingByDefault = true
    this.#answered = new Promise((resolve) => {
      this.#request.on('response', (response) => {
        this.#reader = new BodyReader(response)
        resolve(response)
      })
      for (const event of ['error', 'close']) this.#request.on(event, () => resolve(undefined))
    })
    this.#closed = new Promise((resolve) => this.#request.on('close', () => resolve()))
    this.#continued = new Promise((resolve) => this.#request.on('continue', () => resolve()))
    this.#request.on('information', ({ statusCode, rawHeaders }) => {
      this.#informational.push(`${statusCode} ${scrub.pairs(rawHeaders).join(' ')}`)
    })
  }

  write(piece: string | Uint8Array): Promise<void> {
    const out = new Promise<void>((resolve) => this.#request.write(piece, () => resolve()))
    return Promise.race([out, this.#closed])
  }

  end(piece?: string | Uint8Array): void {
    this.#request.end(piece)
  }

  continued(): Promise<void> {
    this.#request.flushHeaders()
    return this.#continued
  }

  async head(): Promise<Head> {
    const response = await this.#answered
    if (!response) throw new Error('the connection was closed without an answer')
    return {
      status: response.statusCode ?? 0,
      message: response.statusMessage ?? '',
      headers: this.#scrub.pairs(response.rawHeaders),
      informational: this.#informational,
    }
  }

  async read(bytes: number): Promise<Buffer> {
    await this.#answered
    return this.#reader?.read(bytes) ?? Buffer.alloc(0)
  }

  async rest(): Promise<Answer> {
    const response = await this.#answered
    if (!response || !this.#reader) return { body: '', trailers: [], ending: 'refused' }
    const head = await this.head()
    const { body, ending } = await this.#reader.rest()
    const trailers = this.#scrub
      .pairs(response.rawTrailers)
      .map(([name, value]) => `${name}: ${value}`)
    return { ...head, body: describeBody(body), trailers, ending }
  }

  leave(): void {
    this.#request.destroy()
  }
}
