import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOf } from './answer-of.ts'
import type { Reading } from './contestant.ts'
import type { Entry } from './group.ts'

/** An entry at play in a process of its own. */
export class Player {
  readonly #child: ChildProcess
  readonly #dir: string
  readonly #name: string

  private constructor(child: ChildProcess, dir: string, name: string) {
    this.#child = child
    this.#dir = dir
    this.#name = name
  }

  /** @param module the contestant's module, from the folder of contestants */
  static async start(module: string, { name, settings }: Entry): Promise<Player> {
    const dir = await mkdtemp(join(tmpdir(), 'flagging-bench-'))
    const path = fileURLToPath(new URL('contestant-process.ts', import.meta.url))
    const { href } = new URL(`../contestants/${module}`, import.meta.url)
    const child = fork(path, [href, JSON.stringify(settings), dir], {
      execArgv: [...process.execArgv, '--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const player = new Player(child, dir, name)
    try {
      await answerOf(child, name)
    } catch (error) {
      await player.end()
      throw error
    }
    return player
  }

  async round(count: number): Promise<Reading> {
    this.#child.send(count)
    return (await answerOf(this.#child, this.#name)) as Reading
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      if (this.#child.connected) this.#child.send(0)
      await exited
    }
    await rm(this.#dir, { recursive: true, force: true })
    // Some look at the end whether all is there.
    if (this.#child.exitCode !== 0) throw new Error(`"${this.#name}" has failed`)
  }
}
