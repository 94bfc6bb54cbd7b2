/** Lets so much happen at once; the rest waits for its turn. */
export class AtMost {
  readonly #max: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** Does something when it has its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // Its place goes to whoever waits.
      if (next) next()
      else this.#running--
    }
  }
}
