import type { OutboxStats } from '../outbox/outbox-settings.ts'
import type { SampleRecord } from './sample-record.ts'

/** The way of samples into the database: through an outbox, or straight. */
export interface SampleStore {
  /**
   * Takes a sample; gives the number of samples of its dataset behind it, once the sample is stored.
   * @throws FlaggingError
   */
  add(record: SampleRecord): Promise<number>
  /**
   * Resolves when what was taken before is in the database.
   * @throws FlaggingError where that takes too long
   */
  shipped(): Promise<void>
  /** What waits, and what became of the rest. */
  stats(): OutboxStats
  /** Stores what it can, for a bounded time. */
  close(): Promise<void>
}
