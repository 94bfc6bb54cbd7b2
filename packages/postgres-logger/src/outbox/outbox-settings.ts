import type { Report } from './segment.ts'
import type { RecordWriter } from './shipper.ts'

/** What an outbox is made of. */
export interface OutboxSettings {
  /** Its directory: an absolute path on a local disk. Made with the first sample. */
  readonly dir: string
  /** How many bytes of the disk this process takes at most, with what it has taken over. */
  readonly maxBytes: number
  /** From how many on `onError` is told, once until there are fewer again. */
  readonly alarmBytes: number
  /** Names the database: what was left by processes of another one stays where it is. */
  readonly destination: string
  readonly writer: RecordWriter
  /** Told of what belongs to no single flag. It must not throw. */
  readonly onError: Report
}

/** What an outbox says of itself. */
export interface OutboxStats {
  /** Samples that are acknowledged and not in the database yet. */
  readonly waiting: number
  /** Roughly their bytes, files included. */
  readonly waitingBytes: number
  /** Roughly the bytes that the outbox takes on the disk. */
  readonly usedBytes: number
  /** How long ago the oldest of them was flagged, in milliseconds; 0 where none waits. */
  readonly oldestMs: number
  /** Samples that this process has brought into the database. */
  readonly shipped: number
  /** Samples that were refused for good, and set aside. */
  readonly refused: number
  /** Whether the last attempt failed, so that it waits before the next one. */
  readonly isStalled: boolean
}

/** How long things take; only tests have other times. */
export interface OutboxTiming {
  /** How often it looks for what processes have left that died. */
  readonly scanMs: number
  /** How long a segment of which all is sent may lie there, should more samples come. */
  readonly idleMs: number
  /** How long `close` and `shipped` send. */
  readonly patienceMs: number
}

/** As long as they take. */
export const TIMING: OutboxTiming = { scanMs: 30_000, idleMs: 30_000, patienceMs: 10_000 }
