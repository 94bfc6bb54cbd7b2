import { afterEach, beforeEach, vi } from 'vitest'

/** When every model disk starts; each change of a disk takes a millisecond of its own time. */
export const START: number = Date.UTC(2026, 0, 1)
const LATER_MS = 5000

/** What `Date.now` gives in the tests of this folder: later than the last change, and the same in each run. */
export const clock = { now: START + LATER_MS }

/** Stops the clock for every test of a file. */
export function stopClock(): void {
  beforeEach(() => {
    clock.now = START + LATER_MS
    vi.spyOn(Date, 'now').mockImplementation(() => clock.now)
  })
  afterEach(() => void vi.restoreAllMocks())
}
