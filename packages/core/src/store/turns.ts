/** Has works done one after the other, in the order in which they were given. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Does one when those before it have ended, well or not; gives what it gives. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
