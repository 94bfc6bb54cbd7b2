import { CPU, FIRST_BYTE, type Group, LOST, PEAK, TIME } from '../measure/group.ts'
import { FRAMEWORKS, FRAMEWORK_NAMES, type Framework, behind } from './entries.ts'

const OURS = ['never', 'manual', 'auto']
const RECIPES: Readonly<Record<Framework, readonly string[]>> = {
  Hono: ['clone recipe'],
  Express: [],
}
const SHAPE = { module: 'exchanges.ts', warmUp: 2, quick: 0 } as const

/** Uploads and streams: what is large or takes long. */
export const BODIES: readonly Group[] = FRAMEWORK_NAMES.flatMap((title) => [
  ...uploads(title),
  events(title),
  ...firstBytes(title),
])

function uploads(title: Framework): Group[] {
  const settings = { framework: FRAMEWORKS[title], over: 'loopback' }
  const shape = { ...SHAPE, unit: 'upload', measures: [TIME, CPU, PEAK, LOST] }
  return [
    {
      ...shape,
      name: `uploads of 1 MiB to ${title}, over loopback`,
      entries: behind(OURS, { ...settings, workload: 'upload:1', connections: 4 }),
      count: 32,
      rounds: 21,
    },
    {
      ...shape,
      name: `uploads of 100 MiB to ${title}, over loopback`,
      entries: behind([...OURS, 'manual whole', 'auto whole'], {
        ...settings,
        workload: 'upload:100',
        connections: 1,
      }),
      count: 1,
      rounds: 11,
    },
  ]
}

function events(title: Framework): Group {
  const settings = { framework: FRAMEWORKS[title], workload: 'sse:10000', connections: 1 }
  return {
    ...SHAPE,
    name: `events of a stream of 10,000 from ${title}, in process`,
    unit: 'event',
    entries: behind([...OURS, ...RECIPES[title]], settings),
    measures: [CPU, TIME, LOST],
    count: 20_000,
    rounds: 21,
  }
}

function firstBytes(title: Framework): Group[] {
  const settings = { framework: FRAMEWORKS[title], over: 'loopback' }
  const fronts = [...OURS, ...RECIPES[title]]
  return [
    {
      ...SHAPE,
      name: `the first byte of a stream of 10,000 events from ${title}, over loopback`,
      unit: 'event',
      entries: behind(fronts, { ...settings, workload: 'sse:10000', connections: 1 }),
      measures: [FIRST_BYTE, TIME],
      count: 20_000,
      rounds: 15,
    },
    {
      ...SHAPE,
      name: `the first byte of a stream that takes 300 ms from ${title}, over loopback`,
      unit: 'stream',
      entries: behind(fronts, { ...settings, workload: 'slow-sse:30', connections: 8 }),
      measures: [FIRST_BYTE],
      count: 8,
      rounds: 9,
    },
  ]
}
