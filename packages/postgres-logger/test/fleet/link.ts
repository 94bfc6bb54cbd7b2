import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'

/**
 * What becomes of connections. `open`: bytes pass. `cut`: those that there are break, and nobody takes
 * others. `silent`: they stay and nothing passes, as where a cable was pulled.
 */
export type LinkState = 'open' | 'cut' | 'silent'

interface Passage {
  readonly near: Socket
  readonly far: Socket
}

/** A port of this machine that leads to another one, as long as it is let. */
export class Link {
  readonly #server: Server
  readonly #target: number
  readonly #passages = new Set<Passage>()
  /** Taken in silence. */
  readonly #strays = new Set<Socket>()
  #state: LinkState = 'open'

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#take(socket))
  }

  /** Opens a way to a port of this machine. */
  static async to(target: number): Promise<Link> {
    const link = new Link(target)
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Changes what becomes of connections, also of those that there are. */
  set(state: LinkState): void {
    this.#state = state
    for (const { near, far } of this.#passages) {
      if (state === 'cut') near.destroy()
      else if (state === 'silent') part(near, far)
      // What was sent into the silence is on its way again, as with TCP.
      else join(near, far)
    }
    if (state === 'silent') return
    for (const socket of this.#strays) socket.destroy()
  }

  async close(): Promise<void> {
    this.set('cut')
    this.#server.close()
    await once(this.#server, 'close')
  }

  #take(near: Socket): void {
    near.on('error', () => undefined)
    if (this.#state === 'open') this.#pass(near)
    else if (this.#state === 'cut') near.destroy()
    else {
      this.#strays.add(near)
      near.on('close', () => this.#strays.delete(near))
    }
  }

  #pass(near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1' })
    const passage = { near, far }
    this.#passages.add(passage)
    far.on('error', () => near.destroy())
    far.on('close', () => near.destroy())
    near.on('close', () => {
      this.#passages.delete(passage)
      far.destroy()
    })
    join(near, far)
  }
}

function join(near: Socket, far: Socket): void {
  part(near, far)
  near.pipe(far)
  far.pipe(near)
}

function part(near: Socket, far: Socket): void {
  near.unpipe(far)
  far.unpipe(near)
}
