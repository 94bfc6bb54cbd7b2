import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { BodyReader } from './body-reader.ts'
import {
  type Answer,
  type Asked,
  type Conversation,
  describeBody,
  type Head,
} from './conversation.ts'
import type { Scrub } from './scrub.ts'

type Headers = Record<string, string | string[] | undefined>

/** A connection that speaks HTTP/2 in the clear. */
export function connectHttp2(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  return session
}

/** Opens an exchange as a stream of a connection. */
export function openHttp2(session: ClientHttp2Session, asked: Asked, scrub: Scrub): Conversation {
  return new Http2Conversation(session, asked, scrub)
}

class Http2Conversation implements Conversation {
  readonly #stream: ClientHttp2Stream
  readonly #scrub: Scrub
  readonly #informational: string[] = []
  readonly #answered: Promise<Headers | undefined>
  readonly #continued: Promise<void>
  readonly #closed: Promise<void>
  readonly #reader: BodyReader
  #trailers: string[] = []

  constructor(
    session: ClientHttp2Session,
    { method = 'POST', path, headers = {}, body }: Asked,
    scrub: Scrub,
  ) {
    this.#scrub = scrub
    const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    this.#stream = session.request(
      { ':method': method, ':path': path, ...Object.fromEntries(fields) },
      { endStream: body === undefined && /^(?:GET|HEAD)$/.test(method) },
    )
    this.#reader = new BodyReader(this.#stream)
    this.#answered = new Promise((resolve) => {
      this.#stream.on('response', resolve as (headers: object) => void)
      for (const event of ['error', 'close']) this.#stream.on(event, () => resolve(undefined))
    })
    this.#continued = new Promise((resolve) => this.#stream.on('continue', () => resolve()))
    this.#closed = new Promise((resolve) => this.#stream.on('close', () => resolve()))
    this.#stream.on('headers', (early: Headers) => {
      this.#informational.push(`${String(early[':status'])} ${this.#pairsOf(early).join(' ')}`)
    })
    this.#stream.on('trailers', (trailers: Headers) => {
      this.#trailers = this.#pairsOf(trailers).map(([name, value]) => `${name}: ${value}`)
    })
  }

  write(piece: string | Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.#stream.write(piece, () => resolve())
    })
    return Promise.race([written, this.#closed])
  }

  end(piece?: string | Uint8Array): void {
    if (!this.#stream.writableEnded) this.#stream.end(piece)
  }

  continued(): Promise<void> {
    return this.#continued
  }

  async head(): Promise<Head> {
    const headers = await this.#answered
    if (!headers) throw new Error('the stream was closed without an answer')
    return {
      status: Number(headers[':status']),
      message: '',
      headers: this.#pairsOf(headers),
      informational: this.#informational,
    }
  }

  async read(bytes: number): Promise<Buffer> {
    await this.#answered
    return this.#reader.read(bytes)
  }

  async rest(): Promise<Answer> {
    if (!(await this.#answered)) return { body: '', trailers: [], ending: 'refused' }
    const head = await this.head()
    const { body, ending } = await this.#reader.rest()
    const broken = ending === 'complete' && this.#stream.rstCode !== 0
    return {
      ...head,
      body: describeBody(body),
      trailers: this.#trailers,
      ending: broken ? 'cut off' : ending,
    }
  }

  leave(): void {
    this.#stream.close(8)
  }

  #pairsOf(headers: Headers): [string, string][] {
    const flat = Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(':') ? [] : [value].flat().flatMap((one) => [name, String(one)]),
    )
    return this.#scrub.pairs(flat)
  }
}
