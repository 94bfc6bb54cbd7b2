import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bytesIn } from './journal.ts'

/** Longer than a peer waits before it sends what it has, so that later means never. */
const PATIENCE_MS = 1500

/**
 * Stands in for the service that a peer reports to, so that nothing leaves this machine. It runs in
 * a process of its own, so that neither its work nor its memory counts as the peer's.
 */
export class Vendor {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
  }

  /** Starts one. It ends with the process that has started it. */
  static async start(): Promise<Vendor> {
    const child = fork(fileURLToPath(new URL('vendor-process.ts', import.meta.url)), {
      serialization: 'advanced',
      stdio: 'ignore',
    })
    const [port] = (await once(child, 'message')) as [number]
    child.unref()
    child.channel?.unref()
    return new Vendor(child, port)
  }

  /** Resolves with what was reported since the last call, once there are that many reports. */
  async received(reports: number): Promise<Buffer> {
    const deadline = performance.now() + PATIENCE_MS
    while ((await this.#ask('count')) < reports && performance.now() < deadline) await delay(20)
    return Buffer.concat(
      (await this.#ask('take')).flatMap((report) => bytesIn(Buffer.from(report).toString())),
    )
  }

  /** Forgets what was reported so far. */
  async forget(): Promise<void> {
    await this.#ask('take')
  }

  #ask(what: 'count'): Promise<number>
  #ask(what: 'take'): Promise<readonly Uint8Array[]>
  async #ask(what: string): Promise<unknown> {
    const answered = once(this.#child, 'message')
    this.#child.send(what)
    const [answer] = await answered
    return answer
  }
}
