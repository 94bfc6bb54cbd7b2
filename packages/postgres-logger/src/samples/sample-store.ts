import type { SampleRecord } from './sample-record.ts'

/** What waits to be stored in the database, and what has been. */
export interface StoreStats {
  /** Samples that are not in the database yet. */
  readonly waiting: number
  /** Roughly the bytes that they take. */
  readonly waitingBytes: number
  /** How long the first of them has waited, in milliseconds; 0 where none waits. */
  readonly oldestMs: number
  /** Samples that were handed to the database. */
  readonly shipped: number
  /** Samples that the database has refused for good. */
  readonly refused: number
}

/** The way of samples into the database. */
export interface SampleStore {
  /**
   * Stores a sample; gives the number of samples of its data set behind it.
   * @throws FlaggingError
   */
  store(record: SampleRecord): Promise<number>
  /**
   * Resolves when what was stored before is in the database.
   * @throws FlaggingError where that takes too long
   */
  settled(): Promise<void>
  stats(): StoreStats
  /** Stores what it can, for a bounded time. */
  close(): Promise<void>
}
