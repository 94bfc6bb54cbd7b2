/** What one round of a contestant has cost. */
export interface Cost {
  /** How often it did what is measured. */
  readonly count: number
  /** CPU time of the whole process, all threads, in microseconds. */
  readonly cpu: number
  /** Time that passed, in microseconds. */
  readonly wall: number
}

/** A contestant at work in its own process. */
export interface Contestant {
  /** Does what is measured, so many times. */
  round(count: number): Promise<void>
  /** Ends whatever runs; nothing is left behind. */
  close(): Promise<void>
}

/** Makes a contestant; `dir` is a scratch directory of its own. */
export type MakeContestant = (dir: string) => Promise<Contestant>

/** One of those that are compared: what it is called, and the argument that its module makes it from. */
export interface Entry {
  readonly name: string
  readonly argument: string
}

/** What is compared: the first entry is what the others are measured against. */
export interface Group {
  readonly name: string
  /** What is counted. */
  readonly unit: string
  /** The module that exports `make(argument)`, a {@link MakeContestant}. */
  readonly module: string
  readonly entries: readonly Entry[]
  /** How often a round does it. */
  readonly count: number
}
