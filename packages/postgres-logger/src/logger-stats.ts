import type { OutboxStats } from './outbox/outbox-settings.ts'
import type { PassingStats } from './passing/passing.ts'

/** How a logger and its database are doing. */
export interface PostgresLoggerStats extends OutboxStats {
  /** Whether the last thing that was asked reached the database. */
  readonly isConnected: boolean
  /** Flags on their way between instances; `null` where none are passed. */
  readonly passing: PassingStats | null
}

/** Of a logger that no sample has come to. */
export const NO_SAMPLES: OutboxStats = {
  waiting: 0,
  waitingBytes: 0,
  usedBytes: 0,
  oldestMs: 0,
  shipped: 0,
  refused: 0,
  isStalled: false,
}
