/** Something that is awaited and given once; to give it again changes nothing. */
export class Signal {
  readonly given: Promise<void>
  #isGiven = false
  #resolve: () => void = () => undefined

  constructor() {
    this.given = new Promise((resolve) => (this.#resolve = resolve))
  }

  get isGiven(): boolean {
    return this.#isGiven
  }

  give(): void {
    this.#isGiven = true
    this.#resolve()
  }
}
