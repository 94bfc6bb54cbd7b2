import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Job, Order, Outcome } from './protocol.ts'

const STARTED_AT_ONCE = 3
const ROOT = new URL('../../../../', import.meta.url)

/** The command that runs a program of the sources in a process of its own. */
export function commandOf(program: URL): string[] {
  return [process.execPath, new URL('scripts/run.mjs', ROOT).pathname, program.pathname]
}

/** A process that flags. It takes one job after the other, until it is killed. */
export class Writer {
  readonly #child: ChildProcess
  readonly #listeners = new Set<(line: string) => void>()
  readonly #gone: Promise<unknown>
  readonly ready: Promise<void>
  #isKilled = false

  /** @param before what is run in front of it; it has to end in `exec "$@"` */
  constructor(before?: readonly string[]) {
    const [program = '', ...args] = [
      ...(before ?? []),
      ...commandOf(new URL('writer.ts', import.meta.url)),
    ]
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#gone = once(this.#child, 'close')
    // Told to one that has died meanwhile.
    this.#child.stdin?.on('error', () => undefined)
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      for (const listener of this.#listeners) listener(line)
    })
    this.ready = this.heard('ready')
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Whether it can take a job. */
  get isAlive(): boolean {
    return !this.#isKilled && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts a job. */
  run(job: Job): Run {
    const run = new Run((listener) => this.#listen(listener), this.#gone)
    this.#child.stdin?.write(`${JSON.stringify(job)}\n`)
    return run
  }

  tell(order: Order): void {
    this.#child.stdin?.write(`${order}\n`)
  }

  /** Waits until it says something; rejects if it dies before. */
  async heard(start: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const forget = this.#listen((line) => {
        if (!line.startsWith(start)) return
        forget()
        resolve()
      })
      void this.#gone.then(() => reject(new Error(`A writer died before it said ${start}`)))
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#isKilled ||= signal === 'SIGKILL'
    this.#child.kill(signal)
  }

  /** Kills it, and waits until nothing is left of it. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#gone
  }

  #listen(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** A job that a writer does. */
export class Run {
  readonly outcome: Outcome = {
    sent: [],
    acknowledged: [],
    doomed: [],
    deleted: [],
    rejected: [],
    reports: [],
    longest: 0,
    closed: false,
  }
  /** Resolves when its logger is closed, or its process is gone. */
  readonly over: Promise<Outcome>
  readonly #waiting = new Set<() => void>()

  constructor(listen: (listener: (line: string) => void) => () => void, gone: Promise<unknown>) {
    this.over = new Promise((resolve) => {
      const forget = listen((line) => {
        this.#note(line)
        for (const check of this.#waiting) check()
        if (this.outcome.closed) end()
      })
      const end = (): void => {
        forget()
        resolve(this.outcome)
      }
      void gone.then(end)
    })
  }

  /** Waits for the nth acknowledgement from now on, or the end. */
  async acknowledges(nth: number): Promise<void> {
    const { acknowledged } = this.outcome
    await this.#until(acknowledged, acknowledged.length + nth)
  }

  /** Waits for the nth sample from now on that it deletes, or the end. */
  async deletes(nth: number): Promise<void> {
    const { deleted } = this.outcome
    await this.#until(deleted, deleted.length + nth)
  }

  /** Waits for the nth rejection from now on, or the end. */
  async rejects(nth: number): Promise<void> {
    const { rejected } = this.outcome
    await this.#until(rejected, rejected.length + nth)
  }

  async #until(list: readonly unknown[], length: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      const check = (): void => {
        if (list.length < length) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
    await Promise.race([enough, this.over])
  }

  #note(line: string): void {
    const { outcome } = this
    const [sign, first = '', code = '', errno = ''] = line.split(' ')
    if (sign === '>') outcome.sent.push(first)
    else if (sign === '<') outcome.acknowledged.push(first)
    else if (sign === '-') outcome.doomed.push(first)
    else if (sign === '=') outcome.deleted.push(first)
    else if (sign === '!') outcome.rejected.push({ id: first, code, errno })
    else if (sign === '?') outcome.reports.push(first)
    else if (sign === '.') {
      outcome.longest = Number(first)
      outcome.closed = true
    }
  }
}

/** Writers that are started ahead, since a start takes most of a second. */
export class WriterPool {
  readonly #idle: Writer[] = []
  readonly #busy = new Set<Writer>()

  /** Sees to it that so many can be had without a wait. */
  async prepare(count: number): Promise<void> {
    while (this.#idle.length < count) {
      const missing = Math.min(count - this.#idle.length, STARTED_AT_ONCE)
      const started = Array.from({ length: missing }, () => new Writer())
      this.#idle.push(...started)
      // All at once, they would get in the way of each other and of everybody else.
      await Promise.all(started.map(({ ready }) => ready))
    }
  }

  /** A writer that is ready; one that was given back, if there is one. */
  async take(): Promise<Writer> {
    const writer = this.#idle.shift() ?? new Writer()
    this.#busy.add(writer)
    await writer.ready
    return writer
  }

  /** Takes writers back; those that died are forgotten. */
  give(...writers: readonly Writer[]): void {
    for (const writer of writers) {
      this.#busy.delete(writer)
      if (writer.isAlive) this.#idle.push(writer)
    }
  }

  /** Ends them all. */
  async end(): Promise<void> {
    const all = [...this.#idle.splice(0), ...this.#busy]
    this.#busy.clear()
    await Promise.all(all.map((writer) => writer.kill()))
  }
}
