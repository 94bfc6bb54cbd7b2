import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Server } from '../../../../test/contract/host.ts'
import type { PassingOptions } from '../../src/passing/passing.ts'
import type { Framework } from './serve-instance.ts'

/** What an instance in a process of its own is told. */
export interface InstanceJob {
  readonly url: string
  readonly dir: string
  readonly framework: Framework
  readonly passing: Partial<Pick<PassingOptions, 'waitMs' | 'answerMs'>>
}

/** What it is asked for: never to store a flag; to close, and to end if nothing keeps it. */
export type Order = 'hang' | 'close'
/** What it says: where it listens; that a flag has come to be stored; what went to `onError`. */
export type Said =
  | { readonly port: number }
  | { readonly flags: number }
  | { readonly error: string; readonly isUncaught: boolean }

const RUN = fileURLToPath(new URL('../../../../scripts/run.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('run-instance.ts', import.meta.url))

/** An instance of an API that is a process of its own, until it is killed. */
export class InstanceProcess {
  readonly server: Server
  /** What went to its `onError`. */
  readonly errors: string[] = []
  /** What was thrown where nobody catches it. */
  readonly uncaught: string[] = []
  readonly #child: ChildProcess
  #flags = 0

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    const origin = `http://127.0.0.1:${port}`
    const request: Server['request'] = (path, init) => fetch(origin + path, init)
    this.server = { origin, port, request, close: () => this.kill() }
    child.on('message', (said: Said) => {
      if ('flags' in said) this.#flags = said.flags
      if ('error' in said) (said.isUncaught ? this.uncaught : this.errors).push(said.error)
    })
  }

  static async start(job: InstanceJob): Promise<InstanceProcess> {
    const child = fork(RUN, [PROGRAM, JSON.stringify(job)], { execArgv: [] })
    const [said] = (await once(child, 'message')) as [{ port: number }]
    const instance = new InstanceProcess(child, said.port)
    onTestFinished(() => instance.kill())
    return instance
  }

  /** How many flags have come to it to be stored. */
  get flags(): number {
    return this.#flags
  }

  tell(order: Order): void {
    this.#child.send(order)
  }

  /** Resolves with its exit code when it has ended by itself. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  /** Ends it without a word, as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
