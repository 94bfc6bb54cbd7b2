/**
 * Gives what an iterator brings in batches, one by one: without a turn of its own for what is there
 * already. Like a generator, it answers calls in their order and ends when it is told to.
 */
export class OneByOne<T> implements AsyncIterableIterator<T, undefined> {
  readonly #batches: AsyncGenerator<readonly T[], void, undefined>
  #batch: Iterator<T, undefined> = [].values()
  /** The last call that has no answer yet. */
  #waiting: Promise<unknown> | undefined

  constructor(batches: AsyncGenerator<readonly T[], void, undefined>) {
    this.#batches = batches
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting === undefined) {
      const result = this.#batch.next()
      if (result.done !== true) return Promise.resolve(result)
    }
    return this.#inTurn(() => this.#advance())
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#inTurn(() => this.#end(this.#batches.return()))
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    return this.#inTurn(() => this.#end(this.#batches.throw(error)))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #advance(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const result = this.#batch.next()
      if (result.done !== true) return result
      const { value, done } = await this.#batches.next()
      if (done === true) return result
      this.#batch = value.values()
    }
  }

  async #end(ending: Promise<unknown>): Promise<IteratorResult<T, undefined>> {
    this.#batch = [].values()
    await ending
    return { value: undefined, done: true }
  }

  #inTurn(
    call: () => Promise<IteratorResult<T, undefined>>,
  ): Promise<IteratorResult<T, undefined>> {
    const turn = this.#waiting === undefined ? call() : this.#waiting.then(call, call)
    const leave = (): void => {
      if (this.#waiting === turn) this.#waiting = undefined
    }
    this.#waiting = turn
    turn.then(leave, leave)
    return turn
  }
}
