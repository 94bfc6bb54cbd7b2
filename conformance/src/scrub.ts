/** Headers that differ from one exchange to the next, or that the subject adds by design. */
export class Scrub {
  readonly #names: ReadonlySet<string>

  /** @param added what the subject adds by design */
  constructor(added: readonly string[] = []) {
    this.#names = new Set(['date', ...added.map((name) => name.toLowerCase())])
  }

  pairs(raw: readonly string[]): [string, string][] {
    const pairs: [string, string][] = []
    for (let at = 0; at + 1 < raw.length; at += 2) {
      if (!this.#names.has(raw[at]!.toLowerCase())) pairs.push([raw[at]!, raw[at + 1]!])
    }
    return pairs
  }

  /** The same for what came over a raw connection. */
  text(wire: string): string {
    const names = [...this.#names].join('|')
    return wire.replaceAll(new RegExp(`^(?:${names}):.*\r\n`, 'gim'), '')
  }
}
