import { isTransient } from '../database/transient.ts'
import type { OutboxStats } from '../outbox/outbox-settings.ts'
import type { SampleRecord } from '../samples/sample-record.ts'
import type { SampleStore } from '../samples/sample-store.ts'
import type { PreparedSample, SampleWriter } from '../samples/sample-writer.ts'
import { DirectBatches } from './direct-batches.ts'
import { Retrying } from './retrying.ts'

/** Samples go straight into the database: nothing of them touches a disk of this machine. */
export class DirectStore implements SampleStore {
  readonly #writer: SampleWriter
  readonly #batches: DirectBatches
  #preparing = 0
  #shipped = 0
  #refused = 0
  #isStalled = false

  constructor(writer: SampleWriter) {
    this.#writer = writer
    this.#batches = new DirectBatches((samples, patience) => writer.insert(samples, patience))
  }

  /** Rejects once a server has been away for some 8 seconds, or at once where trying again does not help. */
  async add(record: SampleRecord): Promise<number> {
    const retrying = new Retrying()
    try {
      const count = await this.#batches.add(await this.#prepared(record, retrying), retrying.until)
      this.#shipped++
      this.#isStalled = false
      return count
    } catch (error) {
      if (isTransient(error)) this.#isStalled = true
      else this.#refused++
      throw error
    }
  }

  shipped(): Promise<void> {
    return this.#batches.settled()
  }

  stats(): OutboxStats {
    const { count, bytes, oldestMs } = this.#batches.waiting
    return {
      waiting: count + this.#preparing,
      waitingBytes: bytes,
      usedBytes: 0,
      oldestMs,
      shipped: this.#shipped,
      refused: this.#refused,
      isStalled: this.#isStalled,
    }
  }

  /** Whoever waits for a sample is told before: there is nothing left to be done. */
  close(): Promise<void> {
    return this.#batches.settled()
  }

  async #prepared(record: SampleRecord, retrying: Retrying): Promise<PreparedSample> {
    this.#preparing++
    try {
      return await retrying.run(() => this.#writer.prepare(record))
    } finally {
      this.#preparing--
    }
  }
}
