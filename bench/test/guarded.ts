import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOf } from '../src/measure/answer-of.ts'
import type { Settings } from '../src/measure/contestant.ts'

/** What a process is asked: what so many exchanges cost with one of its contestants, each. */
export interface Question {
  /** The bytes that are allocated, or the CPU time in microseconds. */
  readonly what: 'bytes' | 'cpu'
  readonly nth: number
  readonly count: number
}

/** Apps with different things in front of them, together in a process of their own. */
export class Guarded {
  readonly #child: ChildProcess
  readonly #dir: string

  private constructor(child: ChildProcess, dir: string) {
    this.#child = child
    this.#dir = dir
  }

  static async start(
    contestants: readonly Settings[],
    flags: readonly string[] = [],
  ): Promise<Guarded> {
    const dir = await mkdtemp(join(tmpdir(), 'flagging-guard-'))
    const path = fileURLToPath(new URL('guard-process.ts', import.meta.url))
    const execArgv = [...process.execArgv, ...flags]
    const child = fork(path, [JSON.stringify(contestants), dir], { execArgv })
    await answerOf(child, 'guarded apps')
    return new Guarded(child, dir)
  }

  async ask(question: Question): Promise<number> {
    this.#child.send(question)
    return (await answerOf(this.#child, 'guarded apps')) as number
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
    await rm(this.#dir, { recursive: true, force: true })
  }
}
