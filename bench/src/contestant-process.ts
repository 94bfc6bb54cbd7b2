// Forked by `process-of.ts`: one contestant in a process of its own, so that none warms another up.
import type { Contestant, Cost, MakeContestant } from './contestant.ts'

const [module = '', argument = '', dir = ''] = process.argv.slice(2)
const { make } = (await import(module)) as { make: (argument: string) => MakeContestant }
const contestant = await make(argument)(dir)

process.on('message', (count: number) => void (count > 0 ? measure(contestant, count) : end()))
process.send?.('ready')

async function measure({ round }: Contestant, count: number): Promise<void> {
  // What the round before has left is not this one's.
  globalThis.gc?.()
  const before = process.cpuUsage()
  const start = performance.now()
  await round(count)
  const wall = (performance.now() - start) * 1000
  const { user, system } = process.cpuUsage(before)
  process.send?.({ count, cpu: user + system, wall } satisfies Cost)
}

async function end(): Promise<void> {
  await contestant.close()
  process.disconnect()
}
