import type { Finding } from '../measure/statistics.ts'

/** All that was found, by the names of groups, and on what. */
export interface Results {
  readonly node: string
  readonly machine: string
  /** The most processes that wanted a core at once, in the average of a minute. */
  readonly load: number
  readonly found: Readonly<Record<string, readonly Finding[]>>
}
