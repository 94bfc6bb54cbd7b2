import type { Cost, Entry, Group } from './contestant.ts'
import { ContestantProcess } from './process-of.ts'

/** Rounds whose figures are left out: until then the engine is still at work on the code. */
const WARM_UP = 3

/** What was found of one entry, in microseconds each. */
export interface Finding {
  readonly name: string
  /** The median of CPU time. */
  readonly cpu: number
  /** The first and third quartile of it. */
  readonly spread: readonly [number, number]
  /** The median of what it had more than the first entry, round by round. */
  readonly added: number
  /** The median of its time by that of the first entry, round by round: above 1 is slower. */
  readonly slower: number
}

/** Plays the entries of a group in turn, round by round, so that what the machine does hits all. */
export async function compare(group: Group, rounds: number): Promise<Finding[]> {
  const players: ContestantProcess[] = []
  try {
    for (const entry of group.entries) players.push(await ContestantProcess.start(group, entry))
    const costs: Cost[][] = players.map(() => [])
    for (let round = 0; round < rounds + WARM_UP; round++) {
      for (const [at, player] of players.entries()) {
        const cost = await player.round(group.count)
        if (round >= WARM_UP) costs[at]?.push(cost)
      }
    }
    return group.entries.map((entry, at) => find(entry, costs[at] ?? [], costs[0] ?? []))
  } finally {
    await Promise.all(players.map((player) => player.end()))
  }
}

function find({ name }: Entry, costs: readonly Cost[], first: readonly Cost[]): Finding {
  const cpu = costs.map((cost) => cost.cpu / cost.count)
  const wall = costs.map((cost) => cost.wall / cost.count)
  return {
    name,
    cpu: quantile(cpu, 0.5),
    spread: [quantile(cpu, 0.25), quantile(cpu, 0.75)],
    added: quantile(
      cpu.map((value, at) => value - (first[at]?.cpu ?? 0) / (first[at]?.count ?? 1)),
      0.5,
    ),
    slower: quantile(
      wall.map((value, at) => value / ((first[at]?.wall ?? 0) / (first[at]?.count ?? 1))),
      0.5,
    ),
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
