import type { ReadOptions } from './read-options.ts'
import type { Sample } from './sample.ts'

/** Where samples lie that are no flagged directory, such as a database. */
export interface SampleSource {
  /**
   * Its samples, oldest first, in constant memory: what `readSamples` of this package gives of a
   * flagged directory, with the same options.
   */
  readSamples(options?: ReadOptions): AsyncIterable<Sample>
}
