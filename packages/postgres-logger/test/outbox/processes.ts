import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** What a process is to do. */
export interface Job {
  /** The address of the database. */
  readonly url: string
  /** Where files of samples are stored. */
  readonly files: string
  /** The outbox. */
  readonly dir: string
  readonly concurrency: number
  readonly scanMs: number
  readonly patienceMs: number
  /** How many samples it flags at most. */
  readonly flags: number
  /** Whether it then ends by itself, with nothing closed. */
  readonly ends: boolean
}

const ROOT = new URL('../../../../', import.meta.url)

/** A process that flags until it is stopped or killed. */
export class FlaggingProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #listeners = new Set<() => void>()
  readonly acknowledged: string[] = []
  readonly sent: string[] = []
  readonly errors: string[] = []
  readonly said: string[] = []

  constructor(job: Pick<Job, 'url' | 'files' | 'dir'> & Partial<Job>) {
    const whole: Job = {
      concurrency: 4,
      scanMs: 30_000,
      patienceMs: 10_000,
      flags: 1e9,
      ends: false,
      ...job,
    }
    const program = new URL('flagging-process.ts', import.meta.url).pathname
    const run = new URL('scripts/run.mjs', ROOT).pathname
    this.#child = spawn(process.execPath, [run, program, JSON.stringify(whole)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#gone = once(this.#child, 'close')
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#hear(line))
    onTestFinished(() => this.kill())
  }

  /** Waits until it has said something. */
  async until(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!isSo()) return
        this.#listeners.delete(look)
        resolve()
      }
      this.#listeners.add(look)
      void this.#gone.then(() => reject(new Error(`It died: ${this.errors.join()}`)))
      look()
    })
  }

  /** Kills it, and waits until nothing is left of it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Has it close its outbox and end. */
  async stop(): Promise<void> {
    this.#child.stdin?.write('stop\n')
    await this.ended()
  }

  /** Waits for its end; rejects where it was no good one. */
  async ended(): Promise<void> {
    await this.#gone
    if (this.#child.exitCode !== 0) throw new Error(`Ended with ${this.#child.exitCode}`)
  }

  #hear(line: string): void {
    const text = line.slice(2)
    if (line.startsWith('> ')) this.sent.push(text)
    else if (line.startsWith('< ')) this.acknowledged.push(text)
    else if (line.startsWith('? ')) this.errors.push(text)
    else this.said.push(line)
    for (const listener of this.#listeners) listener()
  }
}
