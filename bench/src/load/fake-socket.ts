import type { Server } from 'node:http'
import { Duplex } from 'node:stream'
import { AnswerEnd } from './answer-end.ts'

/** A connection without a kernel: the next request is pushed when the answer is there. */
export class FakeSocket extends Duplex {
  readonly #request: readonly Uint8Array[]
  readonly #answer = new AnswerEnd()
  #left = 0
  #done: (() => void) | undefined

  constructor(request: readonly Uint8Array[]) {
    super({ highWaterMark: 1024 * 1024 })
    this.#request = request
  }

  /** Attaches it to a server, and has a first exchange. */
  async connect(server: Server): Promise<void> {
    server.emit('connection', this)
    await this.exchange(1)
  }

  /** So many exchanges, one after the other. */
  exchange(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#done = resolve
      this.#next()
    })
  }

  override _read(): void {
    // Pushed when it is time.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.#take(chunk)
    done()
  }

  // What `node:http` asks of a socket beside a stream.
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  destroySoon(): void {
    this.destroy()
  }

  #take(bytes: Buffer): void {
    // Not from within the server's own write.
    if (this.#answer.isAtEnd(bytes)) setImmediate(() => this.#next())
  }

  #next(): void {
    if (this.#left-- > 0) for (const piece of this.#request) this.push(piece)
    else this.#done?.()
  }
}
