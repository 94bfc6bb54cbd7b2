import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HostName } from './hosts.ts'
import type { FromServer, ToServer } from './messages.ts'

/** What the app and its process have shown while a probe was played. */
export interface Shown {
  readonly seen: readonly (readonly [what: string, value: unknown])[]
  readonly faults: readonly string[]
}

/** The process that serves the apps of one host with one subject; started again if it dies. */
export class ServerHandle {
  readonly #host: HostName
  readonly #subject: string | undefined
  readonly #events = new EventEmitter()
  #child: ChildProcess | undefined
  #dir: string | undefined
  #seen: [string, unknown][] = []
  #faults: string[] = []

  /** @param subject the address of the subject's module; `undefined` for the bare app */
  constructor(host: HostName, subject: string | undefined) {
    this.#host = host
    this.#subject = subject
    this.#events.setMaxListeners(0)
  }

  /** Resolves once the process runs. */
  async ready(): Promise<void> {
    this.#seen = []
    this.#faults = []
    if (!this.#child) await this.#launch()
  }

  /** Serves the app of a probe; gives the port. */
  async start(probe: string): Promise<number> {
    await this.ready()
    this.#send({ type: 'start', probe })
    const { port } = await this.#told('started')
    return port
  }

  signal(name: string): void {
    this.#send({ type: 'signal', name })
  }

  /** Resolves once the app has noted this. */
  async saw(what: string): Promise<void> {
    while (!this.#seen.some(([one]) => one === what)) {
      if (!this.#child) throw new Error('The process that serves the app is gone')
      await once(this.#events, 'news')
    }
  }

  /** Ends the app; gives what the subject has kept. */
  async finish(): Promise<Buffer | undefined> {
    if (!this.#child) return undefined
    this.#send({ type: 'finish' })
    const { kept } = await this.#told('finished')
    return kept === undefined ? undefined : Buffer.from(kept, 'base64')
  }

  get shown(): Shown {
    return { seen: this.#seen, faults: this.#faults }
  }

  /** Ends the process. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true, maxRetries: 3 })
    this.#dir = undefined
  }

  async #launch(): Promise<void> {
    // Removed by us, since the process may not live to do it.
    this.#dir ??= await mkdtemp(join(tmpdir(), 'conformance-'))
    const child = fork(
      fileURLToPath(new URL('server-process.ts', import.meta.url)),
      [this.#dir, this.#host, ...(this.#subject === undefined ? [] : [this.#subject])],
      {
        execArgv: [
          `--import=${new URL('../../scripts/typescript.mjs', import.meta.url).href}`,
          '--conditions=@flagging/source',
          '--expose-gc',
        ],
        env: { ...process.env, NODE_ENV: 'test' },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        serialization: 'advanced',
      },
    )
    this.#child = child
    let lastWords = ''
    child.stderr?.on('data', (chunk: Buffer) => (lastWords = (lastWords + chunk).slice(-4000)))
    child.on('message', (message: FromServer) => {
      if (message.type === 'saw') this.#seen.push([message.what, message.value])
      else if (message.type === 'fault') this.#faults.push(message.what)
      this.#events.emit(message.type, message)
      this.#events.emit('news')
    })
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#child = undefined
      const error = /^\w*Error.*$/m.exec(lastWords)?.[0] ?? lastWords.slice(0, 200)
      this.#faults.push(`the process ended with ${code ?? signal}: ${error}`)
      this.#events.emit('gone')
      this.#events.emit('news')
    })
    await this.#told('ready')
  }

  #send(message: ToServer): void {
    if (this.#child?.connected) this.#child.send(message)
  }

  #told<T extends FromServer['type']>(type: T): Promise<FromServer & { type: T }> {
    return new Promise((resolve, reject) => {
      const told = (message: FromServer & { type: T }): void => {
        this.#events.off('gone', gone)
        resolve(message)
      }
      const gone = (): void => {
        this.#events.off(type, told)
        reject(new Error(this.#faults.at(-1)))
      }
      this.#events.once(type, told).once('gone', gone)
    })
  }
}
