import { setTimeout as delay } from 'node:timers/promises'
import type { Reading } from '../measure/contestant.ts'

const collect = globalThis.gc as () => void

/** What this process holds once its garbage is collected, in KiB. */
export async function memory(): Promise<Reading> {
  for (let round = 0; round < 3; round++) {
    collect()
    // Finalizers run in turns of their own.
    await delay(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 1024, rss: rss / 1024 }
}

/** How much more that is than before, for each of so many. */
export function grown(before: Reading, after: Reading, count: number): Reading {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, (value - (before[name] ?? 0)) / count]),
  )
}
