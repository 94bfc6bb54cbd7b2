import { CPU, type Group, LOST, TIME } from '../measure/group.ts'
import { FRAMEWORKS, type Framework, behind } from './entries.ts'

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
export const EXCHANGES: readonly Group[] = (Object.keys(FRAMEWORKS) as Framework[]).flatMap(
  (title) => {
    const framework = FRAMEWORKS[title]
    const isHono = title === 'Hono'
    const calculate = { framework, workload: 'calculate' }
    return [
      {
        ...SHAPE,
        name: `JSON on ${title}, in process`,
        entries: behind([...OURS, ...PEERS[title]], calculate, SLOW),
        count: isHono ? 2048 : 1024,
        rounds: 40,
        warmUp: 8,
        quick: 12,
        quickCount: isHono ? 2048 : 512,
      },
      {
        ...SHAPE,
        name: `JSON on ${title}, over loopback`,
        entries: behind([...OURS, ...PEERS[title]], { ...calculate, over: 'loopback' }, [
          ...SLOW,
          'no-op',
          'never',
          'pino-http',
          'text recipe',
          'hono/logger',
        ]),
        count: isHono ? 3200 : 1280,
        rounds: 25,
        warmUp: 4,
        quick: 9,
        quickCount: isHono ? 1600 : 640,
      },
      ...OTHERS.map(({ name, workload, count }) => ({
        ...SHAPE,
        name: `${name} on ${title}, in process`,
        entries: behind(['manual', 'auto', ...RECIPE[title]], { framework, workload }),
        count: count * (isHono ? 1 : 0.5),
        rounds: 21,
        warmUp: 4,
        quick: 0,
      })),
    ]
  },
)
