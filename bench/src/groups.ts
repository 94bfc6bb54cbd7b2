import type { Entry, Group } from './contestant.ts'

const IN_FRONT: readonly Entry[] = [
  { name: 'bare', argument: 'bare' },
  // The control: what differs here is noise.
  { name: 'bare again', argument: 'bare' },
  { name: 'a middleware that does nothing', argument: 'no-op' },
  { name: 'flagging, never', argument: 'never' },
  { name: 'flagging, manual', argument: 'manual' },
  { name: 'flagging, auto', argument: 'auto' },
]

/** All that is compared. */
export const GROUPS: readonly Group[] = [
  {
    name: 'JSON echo on Hono, in process',
    unit: 'exchange',
    module: './apps/hono.ts',
    entries: IN_FRONT,
    count: 6400,
  },
  {
    name: 'JSON echo on Express, in process',
    unit: 'exchange',
    module: './apps/express.ts',
    entries: IN_FRONT,
    count: 3200,
  },
  {
    name: 'flags to a CSVLogger, at 64',
    unit: 'flag',
    module: './apps/log.ts',
    entries: [
      { name: "fsync 'none'", argument: 'none 64' },
      { name: "fsync 'none' again", argument: 'none 64' },
      { name: "fsync 'batch'", argument: 'batch 64' },
      { name: "fsync 'batch', 1024 at once", argument: 'batch 1024' },
    ],
    count: 20_000,
  },
  {
    name: 'flags to a CSVLogger, one by one',
    unit: 'flag',
    module: './apps/log.ts',
    entries: [
      { name: "fsync 'none'", argument: 'none 1' },
      { name: "fsync 'none' again", argument: 'none 1' },
      { name: "fsync 'batch'", argument: 'batch 1' },
    ],
    count: 1000,
  },
]
