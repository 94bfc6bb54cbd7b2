import { CPU, FIRST_BYTE, type Group, LOST, PEAK, TIME } from '../measure/group.ts'
import { FRAMEWORKS, type Framework, behind } from './entries.ts'

const OURS = ['never', 'manual', 'auto']
const WHOLE = ['manual whole', 'auto whole']

/** Uploads and streams: what is large or takes long. */
export const BODIES: readonly Group[] = (Object.keys(FRAMEWORKS) as Framework[]).flatMap(
  (title) => {
    const framework = FRAMEWORKS[title]
    const recipes = title === 'Hono' ? ['clone recipe'] : []
    const shape = { module: 'exchanges.ts', warmUp: 2 } as const
    const over = { framework, over: 'loopback' }
    return [
      {
        ...shape,
        name: `uploads of 1 MiB to ${title}, over loopback`,
        unit: 'upload',
        entries: behind(OURS, { ...over, workload: 'upload:1', connections: 4 }),
        measures: [TIME, CPU, PEAK, LOST],
        count: 32,
        rounds: 21,
        quick: 0,
      },
      {
        ...shape,
        name: `uploads of 100 MiB to ${title}, over loopback`,
        unit: 'upload',
        entries: behind([...OURS, ...WHOLE], { ...over, workload: 'upload:100', connections: 1 }),
        measures: [TIME, CPU, PEAK, LOST],
        count: 1,
        rounds: 11,
        quick: 0,
      },
      {
        ...shape,
        name: `events of a stream of 10,000 from ${title}, in process`,
        unit: 'event',
        entries: behind([...OURS, ...recipes], {
          framework,
          workload: 'sse:10000',
          connections: 1,
        }),
        measures: [CPU, TIME, LOST],
        count: 20_000,
        rounds: 21,
        quick: 0,
      },
      {
        ...shape,
        name: `the first byte of a stream of 10,000 events from ${title}, over loopback`,
        unit: 'event',
        entries: behind([...OURS, ...recipes], { ...over, workload: 'sse:10000', connections: 1 }),
        measures: [FIRST_BYTE, TIME],
        count: 20_000,
        rounds: 15,
        quick: 0,
      },
      {
        ...shape,
        name: `the first byte of a stream that takes 300 ms from ${title}, over loopback`,
        unit: 'stream',
        entries: behind([...OURS, ...recipes], {
          ...over,
          workload: 'slow-sse:30',
          connections: 8,
        }),
        measures: [FIRST_BYTE],
        count: 8,
        rounds: 9,
        quick: 0,
      },
    ]
  },
)
