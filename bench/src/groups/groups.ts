import type { Group } from '../measure/group.ts'
import { BODIES } from './bodies.ts'
import { EXCHANGES } from './exchanges.ts'
import { FLAGS } from './flags.ts'
import { GROWTH } from './growth.ts'
import { HARNESS } from './harness.ts'

/** All that is compared. */
export const GROUPS: readonly Group[] = [HARNESS, ...EXCHANGES, ...BODIES, ...FLAGS, ...GROWTH]

/** The groups as `--quick` plays them: fewer, with fewer entries, rounds and exchanges. */
export function quick(groups: readonly Group[]): Group[] {
  return groups
    .filter((group) => group.quick > 0)
    .map((group) => ({
      ...group,
      entries: group.entries.filter(({ onlyWhole }) => !onlyWhole),
      rounds: group.quick,
      warmUp: Math.min(group.warmUp, 8),
      count: group.quickCount ?? group.count,
    }))
}
