import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isOfTheSetup, isTransient } from '../database/transient.ts'
import type { PreparedSample } from '../samples/sample-writer.ts'
import { Retrying } from './retrying.ts'

const MAX_ROWS = 500
const MAX_WEIGHT = 4 * 1024 * 1024
const MAX_GATHER_MS = 10
/** Those whose time is up that soon are not tried once more. */
const TOGETHER_MS = 100

/** A sample that waits to be inserted. */
interface Waiting {
  readonly sample: PreparedSample
  readonly since: number
  /** By `performance.now()`: until when it is tried. */
  readonly until: number
  readonly resolve: (count: number) => void
  readonly reject: (error: unknown) => void
}

/** Inserts samples; see `SampleWriter.insert`. */
export type Insert = (
  samples: readonly PreparedSample[],
  patience: { readonly waitMs: number },
) => Promise<readonly number[]>

/**
 * The samples that wait to be inserted. While a batch is on its way to the database the next one
 * gathers, so that however many wait, they share one statement and one commit.
 */
export class DirectBatches {
  readonly #insert: Insert
  #queue: Waiting[] = []
  #draining: Promise<void> | undefined
  /** Those on their way. */
  #batch: readonly Waiting[] = []

  constructor(insert: Insert) {
    this.#insert = insert
  }

  /** How many wait, those on their way included, and for how long the first has. */
  get waiting(): { readonly count: number; readonly bytes: number; readonly oldestMs: number } {
    const all = [...this.#batch, ...this.#queue]
    const bytes = all.reduce((sum, { sample }) => sum + sample.weight, 0)
    const [first] = all
    return { count: all.length, bytes, oldestMs: first ? performance.now() - first.since : 0 }
  }

  /**
   * Has a sample inserted; gives the number of samples of its dataset.
   * @param until by `performance.now()`: until when it is tried again where that may help
   */
  add(sample: PreparedSample, until: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ sample, until, since: performance.now(), resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    await this.#draining
  }

  /** Never rejects, and settles every sample: whoever waits for one must not wait for ever. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather()
      this.#batch = this.#take()
      await this.#store(this.#batch)
      this.#batch = []
    }
    this.#draining = undefined
  }

  /** What else comes in during these turns joins the batch, while each brings more. */
  async #gather(): Promise<void> {
    const until = performance.now() + MAX_GATHER_MS
    let before: number
    do {
      before = this.#queue.length
      await nextTurn()
    } while (
      this.#queue.length > before &&
      this.#queue.length < MAX_ROWS &&
      performance.now() < until
    )
  }

  #take(): Waiting[] {
    let weight = 0
    let rows = 0
    while (rows < this.#queue.length && rows < MAX_ROWS && weight < MAX_WEIGHT) {
      weight += this.#queue[rows]?.sample.weight ?? 0
      rows++
    }
    return this.#queue.splice(0, rows)
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    const retrying = new Retrying(Math.min(...batch.map(({ until }) => until)))
    try {
      const samples = batch.map(({ sample }) => sample)
      const counts = await retrying.run((waitMs) => this.#insert(samples, { waitMs }))
      for (const [at, { resolve }] of batch.entries()) resolve(counts[at] ?? 0)
    } catch (error) {
      if (isOfTheSetup(error)) for (const { reject } of batch) reject(error)
      else if (isTransient(error)) this.#giveUp(batch, retrying.until + TOGETHER_MS, error)
      else await this.#divide(batch, error)
    }
  }

  /** Those that came later have more time. */
  #giveUp(batch: readonly Waiting[], until: number, error: unknown): void {
    for (const one of batch) if (one.until <= until) one.reject(error)
    this.#queue.unshift(...batch.filter((one) => one.until > until))
  }

  /** One of them is refused, and takes nobody with it. */
  async #divide(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1) return batch[0]?.reject(error)
    const half = Math.ceil(batch.length / 2)
    await this.#store(batch.slice(0, half))
    await this.#store(batch.slice(half))
  }
}
