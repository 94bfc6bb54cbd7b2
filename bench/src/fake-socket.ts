import type { Server } from 'node:http'
import { Duplex } from 'node:stream'

/**
 * A connection without a kernel: what the server writes is counted, and the next request is pushed
 * when the answer is there. All answers must be equally long.
 */
export class FakeSocket extends Duplex {
  readonly #request: Buffer
  #answerBytes = Number.POSITIVE_INFINITY
  #received = 0
  #left = 0
  #done: (() => void) | undefined

  constructor(request: Buffer) {
    super({ highWaterMark: 1024 * 1024 })
    this.#request = request
  }

  /** Attaches it to a server, and learns from a first exchange how long an answer is. */
  async connect(server: Server): Promise<void> {
    server.emit('connection', this)
    this.push(this.#request)
    let seen = -1
    while (this.#received === 0 || seen !== this.#received) {
      seen = this.#received
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.#answerBytes = this.#received
    this.#received = 0
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
    this.#take(chunk.length)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.#take(chunk.length)
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

  #take(bytes: number): void {
    this.#received += bytes
    if (this.#received < this.#answerBytes) return
    this.#received = 0
    // Not from within the server's own write.
    setImmediate(() => this.#next())
  }

  #next(): void {
    if (this.#left-- > 0) this.push(this.#request)
    else this.#done?.()
  }
}
