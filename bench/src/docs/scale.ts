/** Where values lie on an axis. */
export interface Scale {
  /** The values that are named on the axis. */
  readonly ticks: readonly number[]
  at(value: number): number
}

/** An axis from `from` to `to` pixels on which each decade is as long as the other. */
export function logarithmic(values: readonly number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0)
  const low = Math.floor(Math.log10(Math.min(...positive)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))))
  const ticks = Array.from({ length: high - low + 1 }, (_, decade) => 10 ** (low + decade))
  const at = (value: number): number => {
    const decade = Math.log10(Math.max(value, 10 ** low))
    return from + ((decade - low) / (high - low)) * (to - from)
  }
  return { ticks, at }
}

/** An axis from `from` to `to` pixels that begins with 0. */
export function linear(values: readonly number[], from: number, to: number): Scale {
  const most = Math.max(...values, Number.MIN_VALUE)
  const rough = most / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((size) => size * power >= rough) ?? 10) * power
  const count = Math.ceil(most / step)
  const ticks = Array.from({ length: count + 1 }, (_, nth) => nth * step)
  const at = (value: number): number => from + (Math.max(0, value) / (count * step)) * (to - from)
  return { ticks, at }
}

/** The steps of a sweep, by the logarithm of how much there is of something; nothing counts as one. */
export function steps(values: readonly number[], from: number, to: number): Scale {
  const ticks = [...new Set(values)].toSorted((a, b) => a - b)
  const size = (value: number): number => Math.log10(Math.max(value, 1))
  const [low, high] = [size(ticks[0] ?? 1), size(ticks.at(-1) ?? 10)]
  return { ticks, at: (value) => from + ((size(value) - low) / (high - low)) * (to - from) }
}
