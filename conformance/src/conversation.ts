import { createHash } from 'node:crypto'

/** A request as a probe says it. */
export interface Asked {
  readonly method?: string
  /** With its query. */
  readonly path: string
  /** In their order and spelling. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

/** The head of an answer. */
export interface Head {
  readonly status: number
  /** Empty on HTTP/2, which has none. */
  readonly message: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The heads that came before it, such as early hints. */
  readonly informational: readonly string[]
}

/** How an answer came to its end. */
export type Ending = 'complete' | 'cut off' | 'refused'

/** An answer that is over. */
export interface Answer extends Partial<Head> {
  /** Short bodies as latin1 text, longer ones as their length and a digest. */
  readonly body: string
  readonly trailers: readonly string[]
  readonly ending: Ending
}

/** An exchange of which the client plays each step by itself. */
export interface Conversation {
  /** Sends a piece of the body; resolves once the piece is out, or cannot get out any more. */
  write(piece: string | Uint8Array): Promise<void>
  /** Ends the request. */
  end(piece?: string | Uint8Array): void
  /** Resolves when the server lets the body come (`Expect: 100-continue`). */
  continued(): Promise<void>
  /** Resolves with the head of the answer; nothing of the body is read for it. */
  head(): Promise<Head>
  /** Reads until that many bytes have come, or the answer is over. */
  read(bytes: number): Promise<Buffer>
  /** Reads all the rest. */
  rest(): Promise<Answer>
  /** Breaks the connection, or the stream of it. */
  leave(): void
}

/** A body as something that can be compared, and printed. */
export function describeBody(body: Uint8Array): string {
  if (body.length <= 2048) return Buffer.from(body).toString('latin1')
  return `${body.length} bytes, SHA-256 ${createHash('sha256').update(body).digest('hex')}`
}
