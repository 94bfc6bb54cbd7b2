// Forked by `player.ts`: one contestant in a process of its own, so that none warms another up.
import { rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant, MakeContestant, Reading, Settings } from './contestant.ts'

const [module = '', settings = '', dir = ''] = process.argv.slice(2)
// Temporary files of those who are compared go with the rest. Not told to the process from outside:
// what reads TypeScript keeps there what it has read before.
process.env['TMPDIR'] = join(dir, 'tmp')
await mkdir(join(dir, 'tmp'))
const { make } = (await import(module)) as { make: MakeContestant }
const contestant = await make(JSON.parse(settings) as Settings, dir)

process.on('message', (count: number) => void (count > 0 ? play(contestant, count) : end()))
// A run that is broken off leaves nothing behind: this process sees it by its parent's end.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => {
  rmSync(dir, { recursive: true, force: true })
  process.exit()
})
process.send?.('ready')

// No garbage is collected by force in between: that throws away optimized code as well, and the
// round would measure how it is made again.
async function play(one: Contestant, count: number): Promise<void> {
  const before = process.cpuUsage()
  const start = performance.now()
  const own = await one.round(count)
  const wall = (performance.now() - start) * 1000
  const { user, system } = process.cpuUsage(before)
  await one.tidy?.()
  const reading: Reading = { cpu: (user + system) / count, wall: wall / count, ...own }
  process.send?.(reading)
}

async function end(): Promise<void> {
  await contestant.close()
  process.exit()
}
