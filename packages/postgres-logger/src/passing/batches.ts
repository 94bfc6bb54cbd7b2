/** What waits to be asked of the database, with what is wanted of it. */
interface Waiting<Item, Answer> {
  readonly item: Item
  readonly isWanted: () => boolean
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Asks for many things in one statement: the first at once, and what comes while a statement runs in
 * the next one. So whatever comes, one statement runs at a time.
 */
export class Batches<Item, Answer> {
  readonly #ask: (items: readonly Item[]) => Promise<readonly Answer[]>
  readonly #waiting: Waiting<Item, Answer>[] = []
  #isRunning = false

  /** @param ask gives an answer for each item, in their order */
  constructor(ask: (items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#ask = ask
  }

  /**
   * Asks for one thing; rejects where its statement does.
   * @param isWanted asked before its statement runs: what nobody waits for any longer is left out
   */
  add(item: Item, isWanted: () => boolean = () => true): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, isWanted, resolve, reject })
      if (this.#isRunning) return
      this.#isRunning = true
      queueMicrotask(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST).filter(({ isWanted }) => isWanted())
      if (batch.length === 0) continue
      try {
        const answers = await this.#ask(batch.map(({ item }) => item))
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#isRunning = false
  }
}

/** Requests of up to a MiB each are in memory as often as once more while they are sent. */
const MOST = 64
