import { isTransient } from '../database/transient.ts'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { SampleStore, StoreStats } from '../samples/sample-store.ts'
import type { SampleWriter } from '../samples/sample-writer.ts'
import { DirectBatches } from './direct-batches.ts'
import { Retrying } from './retrying.ts'

/** Samples go straight into the database: nothing of them touches a disk of this machine. */
export class DirectStore implements SampleStore {
  readonly #writer: SampleWriter
  readonly #batches: DirectBatches
  #preparing = 0
  #shipped = 0
  #refused = 0

  constructor(writer: SampleWriter) {
    this.#writer = writer
    this.#batches = new DirectBatches((samples, patience) => writer.insert(samples, patience))
  }

  /** Rejects once a server has been away for some 8 seconds, or at once where trying again does not help. */
  async store(record: SampleRecord): Promise<number> {
    const retrying = new Retrying()
    try {
      const count = await this.#batches.add(await this.#prepared(record, retrying), retrying.until)
      this.#shipped++
      return count
    } catch (error) {
      if (!isTransient(error)) this.#refused++
      throw error
    }
  }

  settled(): Promise<void> {
    return this.#batches.settled()
  }

  stats(): StoreStats {
    const { count, bytes, oldestMs } = this.#batches.waiting
    return {
      waiting: count + this.#preparing,
      waitingBytes: bytes,
      oldestMs,
      shipped: this.#shipped,
      refused: this.#refused,
    }
  }

  /** Whoever waits for a sample is told before: there is nothing left to be done. */
  close(): Promise<void> {
    return this.#batches.settled()
  }

  async #prepared(record: SampleRecord, retrying: Retrying): ReturnType<SampleWriter['prepare']> {
    this.#preparing++
    try {
      return await retrying.run(() => this.#writer.prepare(record))
    } finally {
      this.#preparing--
    }
  }
}
