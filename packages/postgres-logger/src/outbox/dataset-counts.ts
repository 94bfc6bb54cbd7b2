/** How many samples each dataset has: what the database said last, and what waits here. */
export class DatasetCounts {
  readonly #counts = new Map<string, { stored: number; waiting: number }>()

  /** Counts samples that wait now; gives how many the dataset has with them. */
  acknowledged(folder: string, samples: number): number {
    const count = this.#of(folder)
    count.waiting += samples
    return count.stored + count.waiting
  }

  /** Counts samples that do not wait any more. */
  left(folder: string, samples: number): void {
    const count = this.#of(folder)
    count.waiting = Math.max(0, count.waiting - samples)
  }

  /** Takes what the database says. */
  stored(folder: string, samples: number): void {
    this.#of(folder).stored = samples
  }

  #of(folder: string): { stored: number; waiting: number } {
    let count = this.#counts.get(folder)
    if (count === undefined) this.#counts.set(folder, (count = { stored: 0, waiting: 0 }))
    return count
  }
}
