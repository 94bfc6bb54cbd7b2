import { CPU, type Entry, type Group, HEAP, TIME } from '../measure/group.ts'
import { descriptors } from './descriptors.ts'
import { FRAMEWORKS, FRAMEWORK_NAMES } from './entries.ts'

/** One step of a sweep. */
interface Step {
  readonly x: number
  /** How the step is called. */
  readonly name: string
  readonly settings: Entry['settings']
  readonly count: number
}

/** At each step both frameworks, bare and flagged. */
function sweep(steps: readonly Step[], modes: readonly string[] = ['manual', 'auto']): Entry[] {
  return FRAMEWORK_NAMES.flatMap((title) =>
    steps.flatMap(({ x, name, settings, count }) =>
      ['bare', ...modes].map((front): Entry => ({
        name: `${title}, ${front}, ${name}`,
        settings: { ...settings, framework: FRAMEWORKS[title], front },
        against: `${title}, bare, ${name}`,
        point: { line: `${title}, ${front}`, x },
        count,
      })),
    ),
  )
}

const SHAPE = {
  unit: 'exchange',
  module: 'exchanges.ts',
  measures: [CPU, TIME],
  count: 0,
  rounds: 15,
  warmUp: 8,
  quick: 0,
} as const

const MEMORY = { measures: [HEAP], count: 0, rounds: 3, warmUp: 1, quick: 0 } as const

/** As many as descriptors allow, of which files and what else is open need some; 8,000 at most. */
const MOST_CLIENTS = Math.min(8000, Math.floor(descriptors() / 2))

/** How costs grow with what an app may have more of. */
export const GROWTH: readonly Group[] = [
  {
    ...SHAPE,
    name: 'by the size of bodies, in process',
    entries: sweep(
      [
        [100, '100 B', 1024],
        [1024, '1 KiB', 1024],
        [10_240, '10 KiB', 512],
        [102_400, '100 KiB', 96],
        [1_048_576, '1 MiB', 32],
      ].map(([x, name, count]) => ({
        x: Number(x),
        name: String(name),
        settings: { workload: `echo:${x}` },
        count: Number(count),
      })),
    ),
  },
  {
    ...SHAPE,
    name: 'by the number of columns, in process',
    entries: sweep(
      [1, 4, 16, 60].map((x) => ({
        x,
        name: `${x} columns`,
        settings: { workload: `columns:${x}` },
        count: 1024,
      })),
    ),
  },
  {
    ...SHAPE,
    name: 'by the number of endpoints, in process',
    entries: sweep(
      [1, 8, 64].map((x) => ({
        x,
        name: `${x} endpoints`,
        settings: { workload: `endpoint:${x}`, endpoints: x, connections: 64 },
        count: 1024,
      })),
    ),
  },
  {
    ...SHAPE,
    name: 'by the number of exchanges at once, in process',
    entries: sweep(
      [1, 8, 64, 512].map((x) => ({
        x,
        name: `${x} at once`,
        settings: { workload: 'calculate', connections: x },
        count: 1024,
      })),
    ),
  },
  {
    ...MEMORY,
    name: 'memory of held interactions, by their number',
    unit: 'interaction',
    module: 'held.ts',
    entries: sweep(
      [1000, 4000, 16_000].map((x) => ({
        x,
        name: `${x} exchanges`,
        settings: { workload: 'calculate' },
        count: x,
      })),
      ['manual'],
    ),
  },
  {
    ...MEMORY,
    name: 'memory under slow clients, by their number',
    unit: 'client',
    module: 'slow-clients.ts',
    entries: sweep(
      [100, 1000, MOST_CLIENTS].map((x) => ({
        x,
        name: `${x} clients`,
        settings: { workload: 'echo:4096' },
        count: x,
      })),
    ),
  },
]
