import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerOf } from '../measure/answer-of.ts'

/** Where writers write. */
export interface Target {
  readonly url: string
  readonly schema: string
}

/** What one round of all processes took. */
export interface Round {
  /** Samples per second, over all processes. */
  readonly rate: number
  /** CPU time of the writers a sample, in microseconds; the server's is not in it. */
  readonly cpu: number
}

/** Some processes that write in one way at the same time. */
export class Writers {
  readonly name: string
  readonly #children: readonly ChildProcess[]
  readonly #dirs: readonly string[]

  private constructor(name: string, children: readonly ChildProcess[], dirs: readonly string[]) {
    this.name = name
    this.#children = children
    this.#dirs = dirs
  }

  static async start(way: string, processes: number, { url, schema }: Target): Promise<Writers> {
    const dirs: string[] = []
    const children: ChildProcess[] = []
    const name = processes === 1 ? way : `${way}, ${processes} processes`
    for (let n = 0; n < processes; n++) {
      const dir = await mkdtemp(join(tmpdir(), 'flagging-bench-'))
      const child = fork(join(import.meta.dirname, 'writer-process.ts'), [way, url, schema, dir])
      dirs.push(dir)
      children.push(child)
      await answerOf(child, name)
    }
    return new Writers(name, children, dirs)
  }

  /** Has all processes write so many samples together. */
  async round(count: number): Promise<Round> {
    const start = performance.now()
    const each = Math.ceil(count / this.#children.length)
    const answers = this.#children.map((child) => {
      child.send(each)
      return answerOf(child, this.name) as Promise<{ cpu: number }>
    })
    const used = await Promise.all(answers)
    const seconds = (performance.now() - start) / 1000
    const written = each * this.#children.length
    const cpu = used.reduce((sum, one) => sum + one.cpu, 0)
    return { rate: written / seconds, cpu: cpu / written }
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.send(0)
      await exited
    }
    for (const dir of this.#dirs) await rm(dir, { recursive: true, force: true })
  }
}
