interface Waiter {
  readonly bytes: number
  readonly enter: () => void
}

/** Memory that files on their way to a bucket share: whoever finds none waits, in order. */
export class PutRoom {
  readonly #waiting: Waiter[] = []
  #free: number

  /** @param bytes how much there is */
  constructor(bytes: number) {
    this.#free = bytes
  }

  /** Runs work that takes as many bytes, of which there must be as many at all. */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || bytes > this.#free) {
      await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }))
    } else {
      this.#free -= bytes
    }
    try {
      return await work()
    } finally {
      this.#free += bytes
      this.#admit()
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= next.bytes
      next.enter()
    }
  }
}
