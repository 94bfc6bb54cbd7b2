import type { BenchSample } from './sample-of.ts'

/** Something that brings samples into the database. */
export interface Writer {
  /** Resolves when all of them are in the database. */
  write(samples: readonly BenchSample[]): Promise<void>
  close(): Promise<void>
}
