import { performance } from 'node:perf_hooks'

/** How long one answer may search. */
export class SearchBudget {
  readonly #until: number
  /** How many rows were looked at. */
  searched = 0

  constructor(ms: number) {
    this.#until = performance.now() + ms
  }

  get isSpent(): boolean {
    return performance.now() > this.#until
  }
}
