/** Headers that differ from one exchange to the next, or that the subject adds by design. */
export class Scrub {
  readonly #names: ReadonlySet<string>
  readonly #inAnyOrder: boolean

  /**
   * @param added what the subject adds by design
   * @param inAnyOrder whether the order of headers and the case of their names is noise: on Hono
   *   both change with any middleware that builds a Response anew. What comes over a raw connection
   *   stays as it is.
   */
  constructor(added: readonly string[] = [], inAnyOrder: boolean = false) {
    this.#names = new Set(['date', ...added.map((name) => name.toLowerCase())])
    this.#inAnyOrder = inAnyOrder
  }

  pairs(raw: readonly string[]): [string, string][] {
    const pairs: [string, string][] = []
    for (let at = 0; at + 1 < raw.length; at += 2) {
      if (!this.#names.has(raw[at]!.toLowerCase())) pairs.push([raw[at]!, raw[at + 1]!])
    }
    if (!this.#inAnyOrder) return pairs
    const lower = pairs.map(([name, value]): [string, string] => [name.toLowerCase(), value])
    return lower.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)))
  }

  /** The same for what came over a raw connection. */
  text(wire: string): string {
    const names = [...this.#names].join('|')
    return wire.replaceAll(new RegExp(`^(?:${names}):.*\r\n`, 'gim'), '')
  }
}
