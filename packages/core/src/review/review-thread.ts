import { clearTimeout, setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import { FlaggingError, type FlaggingErrorCode } from '../errors.ts'
import { inheritedArgv, moduleBeside } from '../worker-module.ts'
import type { ReviewPlace } from './review-log.ts'
import type { ReviewReader } from './review-store.ts'

/** A place that can be named to another thread. */
export type NamedPlace = Omit<ReviewPlace, 'fs'>

/** What the thread is asked for. */
export interface ReviewRequest {
  readonly id: number
  readonly place: NamedPlace
  readonly call: keyof ReviewReader
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

/** How long the thread waits for the next one who asks, in milliseconds. */
const IDLE_MS = 60_000
/** Megabytes that the thread's objects may take; young ones live no longer than a row is looked at. */
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 }
const MOST_WAITING = 64

/**
 * The thread in which samples are looked up, so that no search takes the host's time. It is made when
 * somebody asks, and ended when nobody has for a minute; it keeps no process alive.
 */
class ReviewThread {
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #next = 0
  #idle: NodeJS.Timeout | undefined

  /** Asks for one call of the store of a place. */
  async ask<T>(
    place: NamedPlace,
    call: ReviewRequest['call'],
    args: readonly unknown[],
  ): Promise<T> {
    if (this.#waiting.size >= MOST_WAITING) throw failed('Too many look samples up at once.')
    clearTimeout(this.#idle)
    const worker = this.#running()
    try {
      return await new Promise<T>((resolve, reject) => {
        const id = this.#next++
        worker.postMessage({ id, place, call, args } satisfies ReviewRequest)
        this.#waiting.set(id, { resolve, reject })
        worker.ref()
      })
    } finally {
      if (this.#waiting.size === 0) this.#rest(worker)
    }
  }

  #rest(worker: Worker): void {
    worker.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      this.#lose(worker, 'Nobody asks any longer.')
      void worker.terminate()
    }, IDLE_MS)
    this.#idle.unref()
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(moduleBeside(import.meta.url, 'review-worker'), {
      execArgv: inheritedArgv(),
      resourceLimits: MEMORY,
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
    // An answer that cannot be taken apart again: nobody knows whose it was.
    worker.on('messageerror', (error) => {
      this.#lose(worker, error.message)
      void worker.terminate()
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
      code === undefined ? failed(message) : new FlaggingError(code as FlaggingErrorCode, message),
    )
  }

  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(failed(why))
  }
}

function failed(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_STORE', message)
}

/** One for the process, however many flaggings there are. */
const thread = new ReviewThread()

/** The samples of a place, looked up in a thread of its own. */
export function threadedReader(place: NamedPlace): ReviewReader {
  return {
    about: () => thread.ask(place, 'about', []),
    page: (query) => thread.ask(place, 'page', [query]),
    columns: (filter) => thread.ask(place, 'columns', [filter]),
    counts: (filter) => thread.ask(place, 'counts', [filter]),
    sample: (key, spilled) => thread.ask(place, 'sample', [key, spilled]),
  }
}
