const CR = 0x0d
const QUOTE = 0x22

/** Reads the records of CSV text that starts with one; lenient, as {@link RecordParser} says. */
export class CSVText {
  readonly #text: string
  /** Where the next record starts. */
  at = 0
  /** Whether the last record ended in a LF. */
  terminated = false
  // Where the next one of each is, kept so that none is looked for twice.
  #comma = -1
  #quote = -1
  #newline = -1

  constructor(text: string) {
    this.#text = text
  }

  /** The cells of the next record. */
  next(): string[] {
    const start = this.at
    this.#newline = this.#find('\n', this.#newline, start)
    this.#quote = this.#find('"', this.#quote, start)
    return this.#quote < this.#newline ? this.#cells() : this.#endLine(start).split(',')
  }

  #cells(): string[] {
    const cells: string[] = []
    for (;;) {
      const start = this.at
      const quoted = this.#text.charCodeAt(start) === QUOTE ? this.#quoted(start) : ''
      this.#newline = this.#find('\n', this.#newline, this.at)
      this.#comma = this.#find(',', this.#comma, this.at)
      if (this.#comma >= this.#newline) {
        cells.push(quoted + this.#endLine(this.at))
        return cells
      }
      cells.push(quoted + this.#text.slice(this.at, this.#comma))
      this.at = this.#comma + 1
    }
  }

  /** The text between the quote at `start` and the one that closes it; goes on behind that. */
  #quoted(start: number): string {
    const text = this.#text
    let close = this.#find('"', -1, start + 1)
    let doubled = false
    while (text.charCodeAt(close + 1) === QUOTE) {
      doubled = true
      close = this.#find('"', -1, close + 2)
    }
    this.at = Math.min(close + 1, text.length)
    const raw = text.slice(start + 1, close)
    return doubled ? raw.replaceAll('""', '"') : raw
  }

  /** What is left of the line from `from`, its end not included; goes on behind that. */
  #endLine(from: number): string {
    const end = this.#newline
    this.terminated = end < this.#text.length
    this.at = this.terminated ? end + 1 : end
    const isReturn = end > from && this.#text.charCodeAt(end - 1) === CR
    return this.#text.slice(from, isReturn ? end - 1 : end)
  }

  #find(char: string, known: number, from: number): number {
    if (known >= from) return known
    const at = this.#text.indexOf(char, from)
    return at === -1 ? this.#text.length : at
  }
}
