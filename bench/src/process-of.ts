import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cost, Entry, Group } from './contestant.ts'

/** A contestant in a process of its own. */
export class ContestantProcess {
  readonly #child: ChildProcess
  readonly #dir: string

  private constructor(child: ChildProcess, dir: string) {
    this.#child = child
    this.#dir = dir
  }

  static async start(group: Group, { argument }: Entry): Promise<ContestantProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'flagging-bench-'))
    const path = fileURLToPath(new URL('contestant-process.ts', import.meta.url))
    const module = new URL(group.module, import.meta.url).href
    const execArgv = [...process.execArgv, '--expose-gc']
    const child = fork(path, [module, argument, join(dir, 'flagged')], { execArgv })
    await once(child, 'message')
    return new ContestantProcess(child, dir)
  }

  async round(count: number): Promise<Cost> {
    this.#child.send(count)
    const [cost] = (await once(this.#child, 'message')) as [Cost]
    return cost
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.send(0)
    await exited
    await rm(this.#dir, { recursive: true, force: true })
  }
}
