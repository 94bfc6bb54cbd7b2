import { clearTimeout, setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import { FlaggingError, type FlaggingErrorCode } from '../errors.ts'
import { inheritedArgv, moduleBeside } from '../worker-module.ts'
import type { ReviewCounts } from './review-counts.ts'
import type { PageQuery, ReviewFilter } from './review-filter.ts'
import type { ReviewPlace } from './review-log.ts'
import type { ReviewSample } from './review-sample.ts'
import type { ReviewAbout, ReviewPage, ReviewStore } from './review-store.ts'

/** What the thread is asked for. */
export interface ReviewRequest {
  readonly id: number
  readonly call: Exclude<keyof ReviewStore, 'close'>
  readonly args: readonly unknown[]
}

/** What it answers. */
export type ReviewReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { code: string | undefined; message: string } }

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** How long the thread waits for somebody who reviews, in milliseconds. */
const IDLE_MS = 60_000
const MEMORY_MB = 128
const MOST_WAITING = 64

/**
 * Looks samples up in a thread of its own, so that no search takes the host's time. The thread is made
 * when somebody reviews, and ended when nobody has for a minute; it keeps no process alive.
 */
export class ReviewThread implements ReviewStore {
  readonly #place: Omit<ReviewPlace, 'fs'>
  #worker: Worker | undefined
  #waiting = new Map<number, Waiting>()
  #next = 0
  #idle: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(place: Omit<ReviewPlace, 'fs'>) {
    this.#place = place
  }

  about(): Promise<ReviewAbout> {
    return this.#ask('about')
  }

  page(query: PageQuery): Promise<ReviewPage> {
    return this.#ask('page', query)
  }

  counts(filter: ReviewFilter): Promise<ReviewCounts> {
    return this.#ask('counts', filter)
  }

  sample(key: string): Promise<ReviewSample> {
    return this.#ask('sample', key)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#end('This flagging has been closed.')
  }

  async #ask<T>(call: ReviewRequest['call'], ...args: readonly unknown[]): Promise<T> {
    if (this.#isClosed) throw ended('This flagging has been closed.')
    if (this.#waiting.size >= MOST_WAITING) throw ended('Too many look samples up at once.')
    clearTimeout(this.#idle)
    const worker = this.#running()
    try {
      return await new Promise<T>((resolve, reject) => {
        const id = this.#next++
        this.#waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, call, args } satisfies ReviewRequest)
      })
    } finally {
      if (this.#waiting.size === 0) this.#rest(worker)
    }
  }

  #rest(worker: Worker): void {
    worker.unref()
    clearTimeout(this.#idle)
    if (this.#isClosed) return
    this.#idle = setTimeout(() => void this.#end('Nobody reviews.'), IDLE_MS)
    this.#idle.unref()
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(moduleBeside(import.meta.url, 'review-worker'), {
      execArgv: inheritedArgv(),
      workerData: this.#place,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    })
    worker.unref()
    worker.on('message', (reply: ReviewReply) => {
      // What is thrown to the worker's emitter would end the process.
      try {
        this.#take(reply)
      } catch (error) {
        this.#lose(worker, String(error))
      }
    })
    worker.on('error', (error) => this.#lose(worker, error.message))
    worker.on('exit', () => this.#lose(worker, 'The thread that looks samples up has ended.'))
    return (this.#worker = worker)
  }

  #take(reply: ReviewReply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('value' in reply) {
      waiting?.resolve(reply.value as never)
      return
    }
    const { code, message } = reply.error
    waiting?.reject(
      code === undefined ? ended(message) : new FlaggingError(code as FlaggingErrorCode, message),
    )
  }

  async #end(why: string): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#lose(worker, why)
    await worker.terminate()
  }

  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(ended(why))
  }
}

function ended(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}
