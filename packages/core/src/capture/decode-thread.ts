import { clearTimeout, setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import type { DecodeReply, DecodeRequest } from './decode-worker.ts'
import type { Decoded } from './decoded.ts'
import { inheritedArgv, moduleBeside } from '../worker-module.ts'

/** A thread that has just been made may take this long to load its modules. */
const START_MS = 15_000

/** Whether the thread can read a file that is open here: Deno gives each thread descriptors of its own. */
export const SHARES_DESCRIPTORS: boolean = process.versions['deno'] === undefined

/** One worker thread that decodes one body at a time. It keeps the process alive only meanwhile. */
export class DecodeThread {
  readonly #worker: Worker
  readonly #timeoutMs: number
  #isReady = false
  #isDead = false
  #waiting: { resolve(decoded: Decoded): void; reject(error: Error): void } | undefined
  #request: DecodeRequest | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number, memoryMb: number) {
    this.#timeoutMs = timeoutMs
    this.#worker = new Worker(moduleBeside(import.meta.url, 'decode-worker'), {
      execArgv: inheritedArgv(),
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    this.#worker.unref()
    this.#worker.on('message', (reply: DecodeReply) => {
      // What is thrown to the worker's emitter would end the process.
      try {
        this.#take(reply)
      } catch (error) {
        this.#die(wordsOf(error))
      }
    })
    this.#worker.on('messageerror', () => this.#die('The decoded body could not be handed over.'))
    this.#worker.on('error', (error) => this.#die(wordsOf(error)))
    this.#worker.on('exit', () => this.#die('The decoding thread has ended.'))
  }

  /** Whether it can take no more requests. */
  get isDead(): boolean {
    return this.#isDead
  }

  /**
   * Decodes one body, in time or not at all: then the thread is ended. Call it again only when the
   * promise has settled.
   */
  async run(request: DecodeRequest): Promise<Decoded> {
    this.#worker.ref()
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject }
        this.#request = request
        if (this.#isReady) this.#post()
        else this.#expire(START_MS, 'The decoding thread did not start in time.')
      })
    } finally {
      clearTimeout(this.#timer)
      this.#waiting = undefined
      this.#request = undefined
      this.#worker.unref()
    }
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    this.#isDead = true
    await this.#worker.terminate()
  }

  #post(): void {
    const { job, failure } = this.#request as DecodeRequest
    this.#expire(this.#timeoutMs, 'Decoding the body took too long.')
    const { source } = job
    // A copy: the recorded bytes are still wanted here, for the files that lie in them.
    try {
      const copy = source instanceof Uint8Array ? new Uint8Array(source) : undefined
      this.#worker.postMessage(
        { job: copy ? { ...job, source: copy } : job, failure } satisfies DecodeRequest,
        copy ? [copy.buffer] : [],
      )
    } catch {
      this.#die('The body could not be handed over.')
    }
  }

  #take(reply: DecodeReply): void {
    if (reply === 'ready') {
      this.#isReady = true
      if (this.#request) this.#post()
    } else if ('decoded' in reply) {
      this.#waiting?.resolve(reply.decoded)
    } else {
      this.#waiting?.reject(new Error(reply.failure))
    }
  }

  #expire(ms: number, words: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#die(words), ms)
  }

  #die(words: string): void {
    this.#isDead = true
    this.#waiting?.reject(new Error(words))
  }
}

function wordsOf(error: unknown): string {
  const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isMemory ? 'Decoding the body took too much memory.' : 'The decoding thread has failed.'
}
