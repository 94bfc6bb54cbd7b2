import type { Reading } from './contestant.ts'
import type { Entry, Group } from './group.ts'

/** How one figure of an entry lay, over its rounds. */
export interface Spread {
  /** The 10th percentile: what it costs where the machine leaves it alone. */
  readonly p10: number
  readonly median: number
  readonly quartiles: readonly [number, number]
  /** How much more than the entry it is measured against: at the 10th percentile of both. */
  readonly added: number
  /** The median of by how many times more, round by round, and its quartiles. */
  readonly ratio: number
  readonly ratioQuartiles: readonly [number, number]
}

/** What was found of one entry, by the names of its figures. */
export interface Finding {
  readonly name: string
  /** How many rounds were measured. */
  readonly rounds: number
  readonly point?: Entry['point']
  readonly spreads: Readonly<Record<string, Spread>>
}

/** Sums up what was read of the entries of a group, in their order. */
export function findings(
  { entries, measures }: Pick<Group, 'entries' | 'measures'>,
  readings: readonly (readonly Reading[])[],
): Finding[] {
  return entries.map((entry, at) => {
    const index = entries.findIndex(({ name }) => name === entry.against)
    const base = readings[Math.max(index, 0)] ?? []
    const spreads = measures.map(({ of }) => {
      const figure = (reading: Reading): number => reading[of] ?? Number.NaN
      return [of, spread((readings[at] ?? []).map(figure), base.map(figure))] as const
    })
    return {
      name: entry.name,
      rounds: readings[at]?.length ?? 0,
      ...(entry.point && { point: entry.point }),
      spreads: Object.fromEntries(spreads),
    }
  })
}

function spread(values: readonly number[], base: readonly number[]): Spread {
  const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN))
  return {
    p10: quantile(values, 0.1),
    median: quantile(values, 0.5),
    quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
    added: quantile(values, 0.1) - quantile(base, 0.1),
    ratio: quantile(ratios, 0.5),
    ratioQuartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
