/** Figures by name, each of something that should be small: of one round, or about one entry. */
export type Reading = Readonly<Record<string, number>>

/** What a contestant is made from. */
export type Settings = Readonly<Record<string, string | number>>

/** A contestant at work in its own process. */
export interface Contestant {
  /**
   * Does what is measured, so many times. What it gives is added to the CPU time and the time that
   * are measured around it, or replaces them.
   */
  round(count: number): Promise<Reading>
  /** Removes what a round has left, unmeasured. */
  tidy?(): Promise<void>
  /** Ends whatever runs. */
  close(): Promise<void>
}

/** Makes a contestant; `dir` is a scratch directory of its own. */
export type MakeContestant = (settings: Settings, dir: string) => Promise<Contestant>
