import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { answerOf } from '../measure/answer-of.ts'

/** What the clients saw of a round. */
export interface Seen {
  /** From the first request to the last answer, in microseconds. */
  readonly wall: number
  /** Until the first byte of an answer, in milliseconds, on average. */
  readonly firstByte: number
}

/** Clients in a process of their own; it ends with the one that has started it. */
export class LoadClient {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** @param workload the name of what they send */
  static async start(port: number, workload: string, connections: number): Promise<LoadClient> {
    const path = fileURLToPath(new URL('load-process.ts', import.meta.url))
    const client = new LoadClient(fork(path, [port, workload, connections].map(String)))
    await answerOf(client.#child, 'the clients')
    return client
  }

  async exchange(count: number): Promise<Seen> {
    this.#child.send(count)
    return (await answerOf(this.#child, 'the clients')) as Seen
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
