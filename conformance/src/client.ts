import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import type { Answer, Asked, Conversation } from './conversation.ts'
import type { HostName } from './hosts.ts'
import { openHttp1 } from './http1.ts'
import { connectHttp2, openHttp2 } from './http2.ts'
import type { Scrub } from './scrub.ts'

/** How the client's part of a probe reaches the app. */
export class Client {
  readonly host: HostName
  readonly port: number
  /** Gives the app a signal that it waits for. */
  readonly signal: (name: string) => void
  /** Resolves once the app has noted this. */
  readonly saw: (what: string) => Promise<void>
  readonly #scrub: Scrub
  readonly #sockets: Socket[] = []
  readonly #open: Conversation[] = []
  #session: ClientHttp2Session | undefined

  constructor(host: HostName, port: number, scrub: Scrub, app: Pick<Client, 'signal' | 'saw'>) {
    this.host = host
    this.port = port
    this.#scrub = scrub
    this.signal = app.signal
    this.saw = app.saw
  }

  /** Asks, and reads the answer to its end. */
  async exchange(asked: Asked): Promise<Answer> {
    const conversation = this.open(asked)
    conversation.end(asked.body)
    return conversation.rest()
  }

  /** Opens an exchange to be played step by step. */
  open(asked: Asked): Conversation {
    const conversation =
      this.host === 'hono-h2c'
        ? openHttp2((this.#session ??= connectHttp2(this.port)), asked, this.#scrub)
        : openHttp1(this.port, asked, this.#scrub)
    this.#open.push(conversation)
    return conversation
  }

  /** Opens a connection for bytes as they are. HTTP/1.1 only. */
  connect(): RawConnection {
    const socket = connect(this.port, '127.0.0.1')
    this.#sockets.push(socket)
    return new RawConnection(socket, this.#scrub)
  }

  /** Sends bytes as they are; gives all that comes back until the server closes, framing included. */
  async raw(...pieces: (string | Uint8Array)[]): Promise<string> {
    const connection = this.connect()
    for (const piece of pieces) await connection.write(piece)
    return connection.rest()
  }

  /** Leaves whatever is still open. */
  close(): void {
    for (const conversation of this.#open) conversation.leave()
    for (const socket of this.#sockets) socket.destroy()
    this.#session?.destroy()
  }
}

/** A connection on which a probe says each byte itself. */
export class RawConnection {
  readonly socket: Socket
  readonly #scrub: Scrub
  #received = ''
  #closed = false

  constructor(socket: Socket, scrub: Scrub) {
    this.socket = socket
    this.#scrub = scrub
    socket.setNoDelay(true)
    // One of them for each piece that is written.
    socket.setMaxListeners(0)
    socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => (this.#closed = true))
  }

  /** Resolves once the bytes are out, or the connection is gone. */
  write(piece: string | Uint8Array): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    return new Promise((resolve) => {
      this.socket.on('close', () => resolve())
      this.socket.write(bytes, () => resolve())
    })
  }

  /** Resolves once what came matches, or the connection is closed; gives all that came so far. */
  async until(pattern: RegExp): Promise<string> {
    while (!this.#closed && !pattern.test(this.#received)) {
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]).catch(() => {})
    }
    return this.#scrub.text(this.#received)
  }

  /** Resolves with all that came when the server has closed. */
  async rest(): Promise<string> {
    if (!this.#closed) await once(this.socket, 'close').catch(() => {})
    return this.#scrub.text(this.#received)
  }

  /** Ends our side of the connection. */
  end(): void {
    this.socket.end()
  }

  leave(): void {
    this.socket.destroy()
  }
}
