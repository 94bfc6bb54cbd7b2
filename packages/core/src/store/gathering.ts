import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PendingSample } from './pending-sample.ts'
import type { RowKey } from './row-key.ts'
import type { SampleRow } from './sample-row.ts'
import type { StagedFiles } from './staged-files.ts'
import { storeError } from './store-errors.ts'

const MAX_ROWS = 1000
const MAX_WEIGHT = 4 * 1024 * 1024
const MAX_GATHER_MS = 10

/**
 * The samples of one dataset that wait to be stored. While a batch is on its way to the disk the next
 * one gathers, so that however many wait, they share one lock, one write and one sync.
 */
export class Gathering {
  readonly #store: (batch: readonly PendingSample[]) => Promise<void>
  #queue: PendingSample[] = []
  #errands: (() => Promise<void>)[] = []
  #isDraining = false
  #draining: Promise<void> = Promise.resolve()

  /** @param store stores a batch, or says of each sample why not; never rejects */
  constructor(store: (batch: readonly PendingSample[]) => Promise<void>) {
    this.#store = store
  }

  /** Has a sample stored; gives the number of samples of the dataset up to it. */
  add(
    row: SampleRow,
    files: StagedFiles | undefined,
    noted: ((key: RowKey) => void) | undefined,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const since = performance.now()
      this.#queue.push({
        row,
        files,
        noted,
        since,
        resolve,
        reject,
        count: undefined,
        error: undefined,
      })
      this.#begin()
    })
  }

  /** Does something between two batches, while none is under way. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#errands.push(async () => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error as Error)
        }
      })
      this.#begin()
    })
  }

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    await this.#draining
  }

  #begin(): void {
    if (!this.#isDraining) this.#draining = this.#drain()
  }

  get #isBusy(): boolean {
    return this.#queue.length > 0 || this.#errands.length > 0
  }

  /** Never rejects, and settles every sample: whoever waits for one must not wait for ever. */
  async #drain(): Promise<void> {
    this.#isDraining = true
    do {
      let batch: PendingSample[] = []
      try {
        if (this.#queue.length > 0) {
          await this.#gather()
          batch = this.#takeBatch()
          await this.#store(batch)
        }
      } catch (error) {
        if (batch.length === 0) batch = this.#queue.splice(0)
        for (const sample of batch) sample.error ??= error
      }
      for (const sample of batch) {
        try {
          settle(sample)
        } catch {
          settle(sample)
        }
      }
      if (this.#errands.length > 0) await this.#runErrand()
    } while (this.#isBusy)
    this.#isDraining = false
  }

  /** One between two batches: whoever flags waits for no more. Never rejects. */
  async #runErrand(): Promise<void> {
    const errand = this.#errands.shift()
    await errand?.()
  }

  /**
   * What else comes in during this turn joins the batch; and what follows in the next ones, while each
   * brings more. A busy host's flags then share the price of a sync, the largest part of theirs; one
   * that has nothing else to wait for waits no longer.
   */
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

  #takeBatch(): PendingSample[] {
    let weight = 0
    let rows = 0
    while (rows < this.#queue.length && rows < MAX_ROWS && weight < MAX_WEIGHT) {
      weight += this.#queue[rows]?.row.weight ?? 0
      rows++
    }
    return this.#queue.splice(0, rows)
  }
}

function settle({ count, error, resolve, reject }: PendingSample): void {
  if (count === undefined) reject(storeError(error))
  else resolve(count)
}
