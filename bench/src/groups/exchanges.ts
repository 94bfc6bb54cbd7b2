import { CPU, type Group, LOST, TIME } from '../measure/group.ts'
import { FRAMEWORKS, FRAMEWORK_NAMES, type Framework, behind } from './entries.ts'

const OURS = ['no-op', 'never', 'manual', 'auto']
const PEERS: Readonly<Record<Framework, readonly string[]>> = {
  Hono: ['hono/logger', 'text recipe', 'clone recipe', 'apitally'],
  Express: [
    'morgan',
    'pino-http',
    'pino-http with bodies',
    'express-winston with bodies',
    'append recipe',
    'apitally',
  ],
}
const SLOW = ['clone recipe', 'apitally', 'express-winston with bodies', 'append recipe']
const RECIPE: Readonly<Record<Framework, readonly string[]>> = {
  Hono: ['clone recipe'],
  Express: ['append recipe'],
}
const OTHERS = [
  { name: 'JSON of 10 KiB', workload: 'echo:10240', count: 1024 },
  { name: 'a form', workload: 'form', count: 2048 },
  { name: 'a picture of 1 MiB as the answer', workload: 'png', count: 128 },
]
const SHAPE = { unit: 'exchange', module: 'exchanges.ts', measures: [CPU, TIME, LOST] } as const

/** What exchanges cost without a network, and what of the throughput is left over one. */
export const EXCHANGES: readonly Group[] = FRAMEWORK_NAMES.flatMap((title) => [
  inProcess(title),
  overLoopback(title),
  ...others(title),
])

function inProcess(title: Framework): Group {
  const settings = { framework: FRAMEWORKS[title], workload: 'calculate' }
  return {
    ...SHAPE,
    name: `JSON on ${title}, in process`,
    entries: behind([...OURS, ...PEERS[title]], settings, SLOW),
    // Many short rounds, some of which find the machine idle; all long enough for some garbage.
    count: title === 'Hono' ? 1024 : 512,
    rounds: 80,
    warmUp: 16,
    quick: title === 'Hono' ? 20 : 14,
  }
}

function overLoopback(title: Framework): Group {
  const settings = { framework: FRAMEWORKS[title], workload: 'calculate', over: 'loopback' }
  const onlyWhole = [...SLOW, 'no-op', 'never', 'pino-http', 'text recipe', 'hono/logger']
  return {
    ...SHAPE,
    name: `JSON on ${title}, over loopback`,
    entries: behind([...OURS, ...PEERS[title]], settings, onlyWhole),
    count: title === 'Hono' ? 3200 : 1280,
    rounds: 25,
    warmUp: 4,
    quick: 7,
    quickCount: title === 'Hono' ? 1600 : 640,
  }
}

function others(title: Framework): Group[] {
  return OTHERS.map(({ name, workload, count }) => ({
    ...SHAPE,
    name: `${name} on ${title}, in process`,
    entries: behind(['manual', 'auto', ...RECIPE[title]], {
      framework: FRAMEWORKS[title],
      workload,
    }),
    count: title === 'Hono' ? count : count / 2,
    rounds: 21,
    warmUp: 4,
    quick: 0,
  }))
}
