import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { AnswerEnd } from './answer-end.ts'

/** A client's connection to a server on this machine, which is kept open. */
export class Connection {
  readonly #socket: Socket
  readonly #request: readonly Uint8Array[]
  readonly #answer = new AnswerEnd()
  #firstByte = 0
  #started = 0
  #done: ((firstByte: number) => void) | undefined
  #failed: ((error: unknown) => void) | undefined

  private constructor(socket: Socket, request: readonly Uint8Array[]) {
    this.#socket = socket
    this.#request = request
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('The server has hung up')))
  }

  static async open(port: number, request: readonly Uint8Array[]): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket, request)
  }

  /** One exchange; gives the milliseconds from its start until the first byte of the answer. */
  async exchange(): Promise<number> {
    if (this.#socket.destroyed) throw new Error('The server has hung up')
    this.#started = performance.now()
    this.#firstByte = 0
    const answered = new Promise<number>((resolve, reject) => {
      this.#done = resolve
      this.#failed = reject
    })
    for (const piece of this.#request) {
      if (!this.#socket.write(piece) && this.#request.length > 1) {
        await Promise.race([once(this.#socket, 'drain'), answered])
      }
    }
    return answered
  }

  #take(bytes: Buffer): void {
    this.#firstByte ||= performance.now() - this.#started
    try {
      if (this.#answer.isAtEnd(bytes)) this.#done?.(this.#firstByte)
    } catch (error) {
      this.#failed?.(error)
    }
  }
}
