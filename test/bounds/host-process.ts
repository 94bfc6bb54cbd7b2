import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Faults, Flagged, HostJob, Questions } from './protocol.ts'
import { times } from './scale.ts'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

/** What hosts are made of, and the modules that make them. */
const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'Express 5': ['../../packages/express-adapter/test/bounds-server.ts', '5'],
  'Express 4': ['../../packages/express-adapter/test/bounds-server.ts', '4'],
  Hono: ['../../packages/hono-adapter/test/bounds-server.ts'],
}

/** Every framework that there is an adapter for; Express 4, whose tap is that of 5, in the soak alone. */
export const FRAMEWORKS: readonly string[] = times(['Express 5', 'Hono'], Object.keys(HOSTS))

/** The framework where one is enough: what is looked at lies behind both adapters. */
export const ANY_FRAMEWORK = 'Express 5'

/** What a host is started with, beside its mode. */
export type HostSettings = Partial<Pick<HostJob, 'options' | 'callback'>>

/** A host that serves in a process of its own. */
export class HostProcess {
  readonly flagged: Flagged
  readonly port: number
  readonly #child: ChildProcess
  readonly #scratch: string
  readonly #waiting = new Map<number, (answer: never) => void>()
  #asked = 0

  private constructor(flagged: Flagged, child: ChildProcess, scratch: string, port: number) {
    this.flagged = flagged
    this.port = port
    this.#child = child
    this.#scratch = scratch
    child.on('message', ({ nth, answer }: { nth: number; answer: never }) => {
      this.#waiting.get(nth)?.(answer)
      this.#waiting.delete(nth)
    })
  }

  static async start(
    name: string,
    flagged: Flagged,
    { options = {}, callback = 'csv' }: HostSettings = {},
  ): Promise<HostProcess> {
    const [path = '', ...args] = HOSTS[name] ?? []
    const scratch = await mkdtemp(join(tmpdir(), 'flagging-bounds-'))
    const child = fork(
      RUN,
      [
        fileURLToPath(new URL(path, import.meta.url)),
        JSON.stringify({ flagged, options, callback, scratch } satisfies HostJob),
        ...args,
      ],
      { execArgv: ['--expose-gc'], env: childEnv() },
    )
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new HostProcess(flagged, child, scratch, port)
  }

  ask<Name extends keyof Questions>(question: Name): Promise<Questions[Name]> {
    const nth = this.#asked++
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) {
        reject(new Error('The host has died.'))
        return
      }
      this.#waiting.set(nth, resolve as (answer: never) => void)
      this.#child.send({ nth, question })
    })
  }

  /** Ends the process, after a look at what must not have happened in it. */
  async end(reported: Faults['reported'] = {}): Promise<void> {
    try {
      assert.deepEqual(await this.ask('faults'), { process: [], reported })
    } finally {
      await this.kill()
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

/** Without what a test runner tells its own processes. */
function childEnv(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  return { ...env, NODE_ENV: 'production' }
}
